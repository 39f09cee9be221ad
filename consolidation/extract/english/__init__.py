"""What the sentence extractor knows of English: sentences, statements, voice."""
