"""A question, a memory, and why the one brings the other or does not."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from memory_service.api.schemas.base import Answer
from memory_service.api.schemas.recall import RecallIn
from retrieval import standing, why

#: Digits after the point that are shown.
_DIGITS = 4


class WhyIn(RecallIn):
    """A recall, and the memory it is asked about."""

    memory_id: UUID


class InChannel(Answer):
    """`rank` is null if the channel did not find it; `last` is the score of the last it found."""

    rank: int | None
    score: float | None
    found: int
    last: float | None


class Feature(Answer):
    """`contribution` is `value` times `weight`."""

    value: float
    weight: float
    contribution: float


class Nearness(Answer):
    """How near a memory is to the question, whoever found it.

    `bm25` is on the scale of the channel `lexical`; `shared` are the question's words that it
    holds, and `share` is what part of the question they are, rare ones counting more.
    """

    cosine: float | None
    bm25: float
    shared: list[str]
    share: float


class Best(Answer):
    """The first candidate, with the features that differ notably."""

    memory_id: UUID
    relevance: float
    channels: dict[str, InChannel]
    features: dict[str, Feature]
    prior: float


class WhyOut(Answer):
    """`rank` is the place among all candidates; null, if it was none.

    `excluded_by` names what keeps it out of the answer, in the order of `reasons`. `prior` is what
    trust, use, tier and age add to the sum of the features.
    """

    memory_id: UUID
    recalled: bool
    rank: int | None
    candidates: int
    relevance: float | None
    channels: dict[str, InChannel]
    features: dict[str, Feature]
    prior: float | None
    nearness: Nearness | None
    best: Best | None
    reasons: list[str]
    excluded_by: list[str]

    @classmethod
    def of(cls, found: why.Why) -> WhyOut:
        """The answer."""
        own = found.standing
        return cls(
            memory_id=found.memory_id,
            recalled=found.recalled,
            rank=None if own is None else own.rank,
            candidates=found.candidates,
            relevance=None if own is None else _rounded(own.relevance),
            channels=_channels(found.channels),
            features={} if own is None else _features(own.features),
            prior=None if own is None else _rounded(own.prior),
            nearness=None if found.nearness is None else _nearness(found.nearness),
            best=None if found.best is None else _best(found.best),
            reasons=list(found.reasons),
            excluded_by=list(found.excluded_by),
        )


def _best(best: standing.Standing) -> Best:
    return Best(
        memory_id=best.face,
        relevance=_rounded(best.relevance),
        channels=_channels(best.channels),
        features=_features(best.features),
        prior=_rounded(best.prior),
    )


def _channels(channels: Mapping[str, standing.InChannel]) -> dict[str, InChannel]:
    return {
        name: InChannel(rank=c.rank, score=c.score, found=c.found, last=c.last)
        for name, c in channels.items()
    }


def _features(features: Mapping[str, standing.Feature]) -> dict[str, Feature]:
    return {
        name: Feature(
            value=_rounded(feature.value),
            weight=_rounded(feature.weight),
            contribution=_rounded(feature.contribution),
        )
        for name, feature in features.items()
    }


def _nearness(near: standing.Nearness) -> Nearness:
    return Nearness(
        cosine=None if near.cosine is None else _rounded(near.cosine),
        bm25=_rounded(near.bm25),
        shared=list(near.shared),
        share=_rounded(near.share),
    )


def _rounded(value: float) -> float:
    # Plus zero, so that nothing is -0.0.
    return round(value, _DIGITS) + 0.0
