"""The blocks that are made of what holds of a space's owner; no I/O."""
