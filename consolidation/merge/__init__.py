"""Which memories say the same thing, and which of them stays."""
