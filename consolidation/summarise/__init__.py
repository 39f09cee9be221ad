"""What a summary says: which sentences of its children, within how many characters."""
