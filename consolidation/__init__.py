"""Episodes become knowledge."""
