"""What models are told. Each text carries a version, which provenance names."""
