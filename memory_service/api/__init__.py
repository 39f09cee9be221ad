"""The HTTP edge: translates requests to verbs and errors to problem documents, nothing more."""
