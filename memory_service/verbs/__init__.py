"""What the service does, one verb a file; the HTTP edge and the CLI only translate to these."""
