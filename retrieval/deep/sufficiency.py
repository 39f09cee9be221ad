"""Whether what was found suffices, and whether another round would be worth it. Pure.

The first is a margin test where others ask a model; the second stops when what a round brings is
too little, as the value of information does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.bm25 import idf
from retrieval.channel import Query
from retrieval.deep.evidence import Anchor
from retrieval.deep.prober import SEVERAL_WANTED
from retrieval.ranking import Ranked
from retrieval.rerank import MODEL
from stores.ids import MemoryId
from stores.kinds import has_parts
from stores.lexical import terms

#: A hit is likely from this probability on.
LIKELY = 0.3
#: The share of what the question's terms are worth that the evidence must hold.
COVERED = 0.7
#: So many likely hits suffice where several are wanted.
SEVERAL = 5
#: A hit fits the time asked for from this feature on.
TIMELY = 0.5
#: Candidates whose change tells what a round brought.
FIRST = 10
#: A round that is expected to bring less is left: less than one of these.
LEAST_GAIN = 1 / FIRST


@dataclass(frozen=True, kw_only=True, slots=True)
class Sufficiency:
    """What speaks for the evidence being enough."""

    #: The share of what the question's terms are worth that the evidence holds together, and that
    #: the one hit holds that holds most.
    together: float
    alone: float
    #: Whether it holds every name of the question.
    named: bool
    #: The best probability, and how many hits are likely.
    best: float
    likely: int
    #: Whether a hit fits the time asked for, if one is.
    timely: bool
    #: Whether several memories are wanted: a list, a number of things.
    several: bool
    #: Whether the best evidence is a passage, which seldom holds all steps to an answer.
    passages: bool

    @property
    def holds(self) -> bool:
        """Whether the evidence is enough."""
        covered = self.alone == 1.0 if self.passages else self.together >= COVERED
        wanted = SEVERAL if self.several else 1
        return covered and self.named and self.timely and self.likely >= wanted


def sufficiency(query: Query, ranked: Sequence[Ranked], evidence: Sequence[Anchor]) -> Sufficiency:
    """How far the best candidates answer the question."""
    held = {term for anchor in evidence for term in anchor.shared}
    probabilities = [r.probability for r in ranked[:FIRST]]
    return Sufficiency(
        together=coverage(query, held),
        alone=max((coverage(query, anchor.shared) for anchor in evidence), default=0.0),
        named=all(set(terms(name)) <= held for name in query.understood.names),
        best=max(probabilities, default=0.0),
        likely=sum(p >= LIKELY for p in probabilities),
        timely=not query.understood.times or _fits(ranked[: len(evidence)]),
        several=query.understood.question in SEVERAL_WANTED,
        passages=bool(evidence) and has_parts(evidence[0].kind),
    )


def coverage(query: Query, held: Collection[str]) -> float:
    """The share of what the question's terms are worth that these are; 1 if it has none."""
    if not query.terms or not query.counts:
        return 1.0 if set(query.terms) <= set(held) else 0.0
    worth = np.sum([idf(found.parts, found.counts) for found in query.counts], axis=0)
    mine = np.array([term in held for term in query.terms])
    if mine.all():
        return 1.0
    return float((worth * mine).sum() / max(float(worth.sum()), 1e-9))


def expected_gain(before: Collection[MemoryId], now: Collection[MemoryId], best: float) -> float:
    """What another round may bring: how much the last one changed, times what is still unsure."""
    if not now:
        return 0.0
    news = len(set(now) - set(before)) / len(now)
    return news * (1 - best)


def _fits(ranked: Sequence[Ranked]) -> bool:
    if "time" not in MODEL.features:
        return True
    place = MODEL.features.index("time")
    return any(r.features[place] >= TIMELY for r in ranked)
