"""The client: the calls of the REST interface, grouped as callers see them."""
