"""Extractors: each turns episodes into candidates for facts, with evidence for every one."""
