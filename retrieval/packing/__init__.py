"""Packing: hits into a text for a model, never longer than the budget, every line citable."""

from __future__ import annotations

from retrieval.packing.budget import choose, pack
from retrieval.packing.records import Citation, Packable, Packed
from retrieval.packing.tokens import count_tokens

__all__ = ["Citation", "Packable", "Packed", "choose", "count_tokens", "pack"]
