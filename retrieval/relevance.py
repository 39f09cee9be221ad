"""Whether anything fits, and how well a hit does: the first, uncalibrated version.

The thresholds were set on 760 answerable questions of five LoCoMo conversations and 243 of RHELM,
of which none falls under them; of 100 strings of unrelated words all do, of 243 questions about
other people's lives 47 %. They belong to all-MiniLM-L6-v2. A plausible question whose answer was
never told is not recognised.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from retrieval.fusion import Place
from stores.lexical import terms
from stores.records import MemCube

#: Below this cosine nothing is related at all.
UNRELATED = 0.25
#: Below this one, words must be shared too.
DISTANT = 0.35
#: The least share of the query's terms that counts as sharing words.
SHARED = 0.1


class Scored(Protocol):
    """A hit, as far as its relevance goes."""

    @property
    def memory(self) -> MemCube:
        """What was found."""

    @property
    def channels(self) -> Mapping[str, Place]:
        """Where the lists put it."""


def nothing_fits(query: Sequence[str], hits: Sequence[Scored]) -> bool:
    """Whether even the best hits have nothing to do with the query."""
    coverage = max(covered(query, hit.memory) for hit in hits)
    if coverage == 1:
        return False  # Every word was said: an order number or a name may mean nothing to a model.
    cosines = [hit.channels["dense"].score for hit in hits if "dense" in hit.channels]
    if not cosines:
        return coverage <= SHARED
    return max(cosines) < UNRELATED or (max(cosines) < DISTANT and coverage <= SHARED)


def relevance(query: Sequence[str], cube: MemCube, places: Mapping[str, Place]) -> float:
    """0..1, a logistic of the cosine to the query and the share of its terms that occur."""
    cosine = places["dense"].score if "dense" in places else 0.0
    return round(1 / (1 + math.exp(-(9 * cosine + 3 * covered(query, cube) - 4.5))), 4)


def covered(query: Sequence[str], cube: MemCube) -> float:
    """The share of the query's terms that occur in the memory or name who said it."""
    who = str(cube.data.get("speaker") or cube.data.get("subject") or "")
    return len(set(query) & {*terms(cube.content), *terms(who)}) / len(query) if query else 0.0
