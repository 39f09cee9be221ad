"""Memories become weights: what may be learned, how it is taught, and whether that went well."""
