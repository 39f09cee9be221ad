# Generated from _async/__init__.py by generate_sync.py; change that.
"""The client: the calls of the REST interface, grouped as callers see them."""
