"""Deep recall: probes lead on from what a first look found, until it suffices or brings no more."""
