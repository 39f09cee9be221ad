"""What is concluded from many memories, and how such conclusions fare; no I/O."""
