"""Which rows a step learns from: a pure function of the seed and the step."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar


class Keyed(Protocol):
    """A row, as far as sampling needs to know it."""

    @property
    def group(self) -> str:
        """Of which kind it is."""

    @property
    def key(self) -> str:
        """Which memory it is about."""


R = TypeVar("R", bound=Keyed)
Groups = Mapping[str, Mapping[str, Sequence[R]]]


def grouped(rows: Sequence[R]) -> dict[str, dict[str, list[R]]]:
    """The rows by group and key, in their order."""
    found: dict[str, dict[str, list[R]]] = {}
    for row in rows:
        found.setdefault(row.group, {}).setdefault(row.key, []).append(row)
    return found


def batch(groups: Groups[R], mix: Mapping[str, int], seed: int, step: int) -> list[R]:
    """The rows of a step, counted from 0.

    In each group the keys take turns, in an order of their own each round, so that every memory is
    seen equally often; which of a key's rows it is, is drawn. No state is carried from step to
    step: a training that goes on after a crash draws what it would have drawn.
    """
    chosen: list[R] = []
    for group in sorted(mix):
        by_key = groups.get(group, {})
        keys = sorted(by_key)
        #: By round; there may be thousands of keys, and a step seldom spans two rounds.
        orders: dict[int, list[str]] = {}
        for place in range(step * mix[group], (step + 1) * mix[group] if keys else 0):
            turn, at = divmod(place, len(keys))
            if turn not in orders:
                shuffler = random.Random(f"{seed}/{group}/{turn}")  # noqa: S311 - not a secret
                orders[turn] = shuffler.sample(keys, len(keys))
            draw = random.Random(f"{seed}/{group}/{place}")  # noqa: S311 - not a secret
            chosen.append(draw.choice(by_key[orders[turn][at]]))
    return chosen
