"""How good recall is: evidence found, abstention, calibration, context; each stage's share."""

from __future__ import annotations

from benchmarks.quality.command import main

__all__ = ["main"]
