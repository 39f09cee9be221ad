"""How the entities of a space fall into communities; no I/O."""
