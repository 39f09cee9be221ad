"""What a new memory has to do with those there are: links, refinements, entities that are one."""
