"""Where one memory stands to a question: in every channel, in the ranking, and by itself. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.bm25 import idf, saturation
from retrieval.ranking import Ranked, Ranking
from retrieval.rerank import MODEL
from stores.ids import MemoryId
from stores.nearness import Occurrence
from stores.search import Found, TermCounts


@dataclass(frozen=True, kw_only=True, slots=True)
class Feature:
    """What one feature adds to a score: its value times its weight."""

    value: float
    weight: float

    @property
    def contribution(self) -> float:
        """What it adds."""
        return self.value * self.weight


@dataclass(frozen=True, kw_only=True, slots=True)
class InChannel:
    """Where a memory stands in what a channel found."""

    #: None, if the channel did not find it.
    rank: int | None
    #: The channel's own score; None, if it is not known for what the channel did not find.
    score: float | None
    #: How many memories the channel found, and the score of the last.
    found: int
    last: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A candidate's place among all ranked, and what put it there."""

    #: Who is shown for the candidate.
    face: MemoryId
    rank: int
    relevance: float
    channels: Mapping[str, InChannel]
    features: Mapping[str, Feature]
    #: What trust, use, tier and age add to the sum of the features.
    prior: float
    #: The question's terms that it holds.
    shared: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Nearness:
    """How near a memory is to a question by meaning and by words, whoever found it."""

    #: None without an embedding of either.
    cosine: float | None
    #: As the channel `lexical` scores it.
    bm25: float
    #: The terms it shares with the question, and the share of all that the question's terms weigh.
    shared: tuple[str, ...]
    share: float


def place_of(memory_id: MemoryId, ranking: Ranking) -> int | None:
    """The place of the candidate for which a memory stands, or that stands for it, from 0."""
    for number, ranked in enumerate(ranking.ranked):
        if any(member.memory_id == memory_id for member in ranked.members):
            return number
    return None


def standing(number: int, ranking: Ranking, pools: Mapping[str, Sequence[Found]]) -> Standing:
    """How the candidate at a place, from 0, came to it."""
    ranked = ranking.ranked[number]
    features = {
        name: Feature(value=value, weight=weight)
        for name, value, weight in zip(
            MODEL.features, ranked.features, ranking.weights, strict=True
        )
    }
    return Standing(
        face=ranked.face.memory_id,
        rank=number + 1,
        relevance=ranked.probability,
        channels={**in_channels(_ids(ranked), pools, {}), **_further(ranked, ranking, pools)},
        features=features,
        prior=ranked.prior,
        shared=ranked.shared,
    )


def in_channels(
    ids: Collection[MemoryId], pools: Mapping[str, Sequence[Found]], exact: Mapping[str, float]
) -> dict[str, InChannel]:
    """The best place of any of the memories in each channel, or at least what it scores there."""
    found: dict[str, InChannel] = {}
    for name, pool in pools.items():
        ranks: dict[MemoryId, int] = {}
        first: Found | None = None
        for one in pool:
            ranks.setdefault(one.memory_id, len(ranks) + 1)
            if first is None and one.memory_id in ids:
                first = one
        found[name] = InChannel(
            rank=None if first is None else ranks[first.memory_id],
            score=exact.get(name) if first is None else float(first.score),
            found=len(ranks),
            last=float(pool[-1].score) if pool else None,
        )
    return found


def nearness(
    terms: Sequence[str],
    counts: TermCounts,
    occurrences: Sequence[Occurrence],
    *,
    cosine: float | None,
) -> Nearness:
    """The nearness of one memory, from where the question's terms stand in it."""
    weights = idf(counts.parts, counts.counts)
    number = {term: n for n, term in enumerate(terms)}
    best = 0.0
    for part in {o.part for o in occurrences}:
        held = [o for o in occurrences if o.part == part]
        frequencies = np.zeros((1, len(terms)), dtype=np.intp)
        for one in held:
            frequencies[0, number[one.term]] = one.frequency
        lengths, means = np.array([held[0].length]), np.array([counts.mean_length])
        best = max(best, float((weights * saturation(frequencies, lengths, means)).sum()))
    there = {o.term for o in occurrences}
    shared = tuple(term for term in terms if term in there)
    total = float(weights.sum())
    share = sum(float(weights[number[term]]) for term in shared)
    return Nearness(cosine=cosine, bm25=best, shared=shared, share=share / total if total else 0.0)


def differing(one: Standing | None, other: Standing, least: float) -> dict[str, Feature]:
    """The features of `other` that add at least so much more or less than those of `one`."""
    own = {} if one is None else one.features
    nothing = Feature(value=0.0, weight=0.0)
    return {
        name: feature
        for name, feature in other.features.items()
        if abs(feature.contribution - own.get(name, nothing).contribution) >= least
    }


def _further(ranked: Ranked, ranking: Ranking, pools: Collection[str]) -> dict[str, InChannel]:
    """Its places with what is no channel: a model that read the best once more."""
    further: dict[str, InChannel] = {}
    for name, place in ranked.places.items():
        if name not in pools:
            scores = [r.places[name].score for r in ranking.ranked if name in r.places]
            further[name] = InChannel(
                rank=place.rank, score=place.score, found=len(scores), last=min(scores)
            )
    return further


def _ids(ranked: Ranked) -> set[MemoryId]:
    return {member.memory_id for member in ranked.members}
