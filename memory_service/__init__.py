"""The product: verbs, HTTP edge, worker, wiring."""
