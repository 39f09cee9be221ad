"""PostgreSQL: the only package that knows how memories are kept."""
