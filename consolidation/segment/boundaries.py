"""Where one event of a session ends and the next begins.

A boundary is a pause, words that say so, a turn that surprises a language model, or a place on
either side of which turns mean something else. For the last, a session is divided so that the
turns of an event are as close to their mean as can be, at a price per event: two neighbours stay
one unless their means drift apart by more than chance lets them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from consolidation.segment import markers
from consolidation.segment.turns import Turn

#: After so long a pause people talk about something else, or anew.
GAP = timedelta(minutes=30)
#: Turns of an event; one that stands alone between two pauses is an event all the same.
LEAST, MOST = 2, 40
#: What an event must explain to be one, in units of what a boundary anywhere would. Chosen on
#: stretches of different conversations of ours, put together: 1.5 finds more boundaries, most of
#: them within a subject; 2 misses one in three.
_PRICE = 1.75
#: Even turns that repeat each other word for word are not told apart by less.
_LEAST_NOISE = 0.1
#: A surprise is so many deviations above the mean of so many turns before, of some at least.
_GAMMA, _WINDOW, _FEW = 2.0, 20, 5
#: Turns by which a boundary at a surprise may move either way.
_REACH = 3


def segment(turns: Sequence[Turn]) -> tuple[range, ...]:
    """The events of a session, as ranges of its turns in order; every turn is in one."""
    return tuple(
        range(start + first, start + last)
        for start, end in _stretches(turns)
        for first, last in pairwise(_divide(turns[start:end]))
    )


def needs_embeddings(turns: Sequence[Turn]) -> bool:
    """Whether it matters what the turns mean: where a stretch without a pause can be divided."""
    return any(end - start >= 2 * LEAST for start, end in _stretches(turns))


def _stretches(turns: Sequence[Turn]) -> list[tuple[int, int]]:
    """The turns between two pauses; no event reaches across."""
    pauses = [
        number
        for number, (before, after) in enumerate(pairwise(turns), start=1)
        if after.occurred_at - before.occurred_at > GAP
    ]
    return list(pairwise([0, *pauses, len(turns)])) if turns else []


def _divide(turns: Sequence[Turn]) -> list[int]:
    """Where the events of a stretch begin, and its end."""
    meaning = _Meaning(turns)
    cuts = [0]
    surprises = {meaning.settle(at) for at in _surprises(turns)}
    for at in sorted(surprises | set(_marked(turns))):
        if at - cuts[-1] >= LEAST and len(turns) - at >= LEAST:
            cuts.append(at)
    pieces = pairwise([*cuts, len(turns)])
    return [start for piece in pieces for start in meaning.divide(*piece)] + [len(turns)]


def _marked(turns: Sequence[Turn]) -> list[int]:
    """The turns that turn to something else, open a talk, or follow the last words of one."""
    found = []
    for at, (before, turn) in enumerate(pairwise(turns), start=1):
        opens = markers.is_greeting(turn.text) and not markers.is_greeting(before.text)
        closed = markers.is_farewell(before.text) and not markers.is_farewell(turn.text)
        if opens or closed or markers.turns_topic(turn.text):
            found.append(at)
    return found


def _surprises(turns: Sequence[Turn]) -> list[int]:
    """The turns that a language model expected far less than those before."""
    found = []
    for at, turn in enumerate(turns):
        before = [t.surprise for t in turns[max(0, at - _WINDOW) : at] if t.surprise is not None]
        if turn.surprise is None or len(before) < _FEW:
            continue
        if turn.surprise > np.mean(before) + _GAMMA * np.std(before):
            found.append(at)
    return found


class _Meaning:
    """What the turns of a stretch mean, so that any run of them can be asked how it coheres."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._length = len(turns)
        width = next((len(t.embedding) for t in turns if t.embedding is not None), 0)
        vectors = np.zeros((len(turns), width))
        for row, turn in enumerate(turns):
            if turn.embedding is not None:
                vectors[row] = turn.embedding
        self._sums = np.concatenate([np.zeros((1, width)), np.cumsum(vectors, axis=0)])
        self._price = _PRICE * _noise(vectors)

    def divide(self, start: int, end: int) -> list[int]:
        """Where the events of turns [start, end) best begin."""
        worth = np.full(end - start + 1, -np.inf)
        worth[0] = 0.0
        begins = np.zeros(end - start + 1, dtype=int)
        least = min(LEAST, end - start)
        for length in range(least, end - start + 1):
            first = max(0, length - MOST)
            gains = self._cohesion(start + first, start + length - least + 1, start + length)
            options = worth[first : length - least + 1] + gains - self._price
            best = int(np.argmax(options))
            worth[length], begins[length] = options[best], first + best
        return _followed_back(begins, start)

    def settle(self, at: int) -> int:
        """The place for a boundary, near one, between turns that hang together on either side."""
        low, high = max(0, at - _WINDOW), min(self._length, at + _WINDOW)
        places = range(max(low + 1, at - _REACH), min(high - 1, at + _REACH) + 1)
        return max(
            places,
            key=lambda b: (
                self._cohesion(low, low + 1, b)[0] + self._cohesion(b, b + 1, high)[0],
                -abs(b - at),
            ),
            default=at,
        )

    def _cohesion(self, first: int, behind: int, end: int) -> NDArray[np.float64]:
        """How the turns from each of the starts [first, behind) up to `end` hang together.

        The squared length of their sum by their number, which is their number if all say the same.
        """
        sums = self._sums[end] - self._sums[first:behind]
        squares: NDArray[np.float64] = np.einsum("ij,ij->i", sums, sums)
        return squares / (end - np.arange(first, behind))


def _noise(vectors: NDArray[np.float64]) -> float:
    """How far apart turns are that belong together: in the middle, a turn and the next but one.

    Neighbours are mostly by different speakers, which alone keeps them apart.
    """
    present = np.einsum("ij,ij->i", vectors, vectors) > 0
    both = present[2:] & present[:-2]
    if not both.any():
        return 1.0
    near = np.einsum("ij,ij->i", vectors[2:], vectors[:-2])[both]
    return max(_LEAST_NOISE, 1.0 - float(np.median(near)))


def _followed_back(begins: NDArray[np.int_], start: int) -> list[int]:
    found: list[int] = []
    at = len(begins) - 1
    while at > 0:
        at = int(begins[at])
        found.append(start + at)
    return found[::-1]
