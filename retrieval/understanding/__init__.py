"""Query understanding: what a question asks, about whom and when, told by rules."""
