"""From what an extractor found to what is believed: named, reconciled, linked, written as a run."""
