"""What the job `decay` does to memories; the formulas are in `consolidation.decay`."""
