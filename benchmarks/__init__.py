"""Measurements of the service, through REST only."""
