"""A session becomes events: where one ends and the next begins, and what each is about."""
