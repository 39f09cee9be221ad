"""What becomes of what was derived, when that changes which it rests on."""
