"""Trains the model of ranking that ships, from what the service itself answers."""

from __future__ import annotations

from benchmarks.train.command import main

__all__ = ["main"]
