"""How good writing is: what is extracted, updated and left alone, and what questions find of it."""

from __future__ import annotations

from benchmarks.writing.command import main

__all__ = ["main"]
