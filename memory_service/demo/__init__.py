"""The conversations that the demo remembers: a small product team, its family and friends."""
