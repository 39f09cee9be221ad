"""What the chats of a space begin with: blocks, patterns and what is recalled time and again."""
