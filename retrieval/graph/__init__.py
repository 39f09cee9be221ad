"""The graph of a space in memory: what is connected to what, and how activation runs through it."""
