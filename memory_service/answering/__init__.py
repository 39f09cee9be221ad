"""Answers from memory: what the model is told, how its reply is held to what it was shown."""
