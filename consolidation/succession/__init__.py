"""Which statement takes the place of which, or ends it, where neither claims anything by itself."""
