"""Fusion: what the channels say together, beyond the features their scores have of their own.

Meaning and words enter the ranking as features. What another channel finds is worth a weight that
depends on the kind of question, and falls with its place: K / (K + rank), the form of reciprocal
rank fusion (Cormack, Clarke & Büttcher, SIGIR 2009). A channel without a line here has the weight
`OTHERWISE`, so a new one is one file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.candidates import Candidates, Floats
from retrieval.understanding.records import Question, Understanding
from stores.ids import MemoryId
from stores.search import Found

K = 10
#: Channels whose scores are features of their own, or count by themselves.
FEATURED = frozenset({"belief", "dense", "graph", "lexical"})
#: What a first place is worth, in units of the score. What a model asked for in deep recall counts
#: as what the bridge leads to.
OTHERWISE = 0.25
#: What a chat model asks for in deep recall is mostly the missing step, which seldom resembles the
#: question; set by hand.
WEIGHTS: Mapping[str, float] = {"entity": 0.25, "llm": 4.0, "tags": 0.5, "temporal": 0.25}
#: What the bridge of deep recall finds counts by its own score, 0..1, not by its place: .2 in the
#: units it was measured with, of which one is 9.21 here.
BRIDGE = 1.84
#: What is believed of what is asked for counts by how surely it answers, 0..1, not by its place.
#: With it an answer in other words leads those that only talk about it.
BELIEF = 12.0
#: An order ("our third conversation") is answered by the calendar alone, and what is recent or
#: important by salience: likeness to the question says little there. The order of what is about
#: something ("the third time he flew") is told by words, and the calendar can only help.
ORDERED, ORDERED_ABOUT = 8.0, 1.0
SALIENT: Mapping[Question, float] = {Question.RECENCY: 2.0, Question.VAGUE: 2.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a channel put a candidate, and with what score of its own."""

    rank: int
    score: float


Places = Mapping[str, Place]


def places(found: Candidates, pools: Mapping[str, Sequence[Found]]) -> list[dict[str, Place]]:
    """Per candidate its best place in each channel's list, by any memory that stands behind it."""
    made: list[dict[str, Place]] = [{} for _ in range(len(found))]
    owner = {m.memory_id: n for n, group in enumerate(found.members) for m in group}
    for name, pool in pools.items():
        ranks: dict[MemoryId, int] = {}
        for hit in pool:
            rank = ranks.setdefault(hit.memory_id, len(ranks) + 1)
            number = owner.get(hit.memory_id)
            if number is not None and name not in made[number]:
                made[number][name] = Place(rank=rank, score=float(hit.score))
    return made


def support(placed: Sequence[Places], understood: Understanding) -> Floats:
    """(n,) what channels without a feature of their own add to each candidate."""
    weights = {
        name: weight_of(name, understood)
        for name in {name for by_channel in placed for name in by_channel} - FEATURED
    }
    total = np.zeros(len(placed))
    for number, by_channel in enumerate(placed):
        for name, place in by_channel.items():
            if name == "bridge":
                total[number] += BRIDGE * place.score
            elif name in weights:
                total[number] += weights[name] * K / (K - 1 + place.rank)
    return total


def belief(placed: Sequence[Places]) -> Floats:
    """(n,) what it is worth that a candidate is what is believed of what is asked for."""
    return BELIEF * scores(placed, "belief")


def scores(placed: Sequence[Places], channel: str) -> Floats:
    """(n,) what a channel gives each candidate; 0 where it did not find it."""
    return np.array([by[channel].score if channel in by else 0.0 for by in placed])


def weight_of(channel: str, understood: Understanding) -> float:
    """What a first place in the channel is worth for this question."""
    if channel == "temporal" and understood.order is not None:
        return ORDERED_ABOUT if understood.order.topic else ORDERED
    if channel == "salience":
        return SALIENT.get(understood.question, OTHERWISE)
    return WEIGHTS.get(channel, OTHERWISE)
