"""Hits under a budget: packed into a text, or chosen as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from retrieval.packing.records import Packable, Packed
from retrieval.packing.rendering import render
from retrieval.packing.selection import PRICE, fit, lines_of, order
from stores.lexical import terms

Chosen = TypeVar("Chosen", bound=Packable)


def pack(hits: Sequence[Packable], budget: int, question: str = "") -> Packed:
    """What of the hits, best first, is worth its tokens, in the order in which things happened."""
    lines = lines_of(hits, frozenset(terms(question)), whole=False)
    taken = fit(lines, order(lines, PRICE), budget)
    return render((lines[number].hit, lines[number].words(step)) for number, step in taken.items())


def choose(hits: Sequence[Chosen], budget: int, question: str = "") -> list[Chosen]:
    """Those hits that gain most for the tokens they would take in a text, whole, best first."""
    lines = lines_of(hits, frozenset(terms(question)), whole=True)
    taken = fit(lines, order(lines, 0.0), budget)
    kept = {lines[number].hit.memory.id for number in taken}
    return [hit for hit in hits if hit.memory.id in kept]
