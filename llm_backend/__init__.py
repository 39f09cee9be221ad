"""Models: text in, vectors out; the only package that knows how a model is reached."""
