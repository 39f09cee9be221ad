"""Months of use in minutes: a workload replayed in virtual time through the service's own code."""
