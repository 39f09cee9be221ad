"""Ranking: candidates and what the channels say of them, into one order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import overload

import numpy as np

from retrieval import relevance
from retrieval.candidates import Candidates, Floats, Positions
from retrieval.channel import Query
from retrieval.features import Asked, matrix
from retrieval.fusion import Place, belief, places, support
from retrieval.fusion import scores as scored
from retrieval.prior import prior
from retrieval.rerank import MODEL
from stores.lexical import terms
from stores.records import Learned
from stores.search import Candidate, Found

#: Stages that may be left out, to see what each is worth.
STAGES = ("contiguity", "rerank", "understanding", "prior", "cross_encoder", "bridge", "llm")
#: Candidates that decide whether anything fits.
_JUDGED = 10
#: Without the learned ranking: meaning and words alone, as everybody does it.
_PLAIN = {"words": 1.0, "meaning": 1.0, "support": 1.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranked:
    """One candidate in its place."""

    #: Who is shown, and who stands behind it, itself among them.
    face: Candidate
    members: tuple[Candidate, ...]
    score: float
    #: How likely it bears on the question.
    probability: float
    places: Mapping[str, Place]
    #: What it was ranked by, in the order of the model's features.
    features: tuple[float, ...]
    #: The question's terms that it holds.
    shared: tuple[str, ...]
    #: What the prior added to its score.
    prior: float = 0.0

    @property
    def version(self) -> Found:
        """Which version and part of the memory is shown."""
        return Found(
            memory_id=self.face.memory_id,
            version=self.face.version,
            text_version=self.face.text_version,
            part=self.face.part,
            score=self.score,
        )


class _Ordered(Sequence[Ranked]):
    """Candidates in their order; each is made when it is looked at, for few of hundreds are."""

    def __init__(self, count: int, make: Callable[[int], Ranked]) -> None:
        self._places = range(count)
        self._make = make

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> Ranked: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Ranked]: ...
    def __getitem__(self, place: int | slice) -> Ranked | Sequence[Ranked]:
        if isinstance(place, slice):
            return tuple(map(self._make, self._places[place]))
        return self._make(self._places[place])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Ordered) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """Everything there is to rank, best first."""

    ranked: Sequence[Ranked]
    nothing_fits: bool
    of_somebody_else: bool
    #: What each feature counted, in the order of the model's.
    weights: tuple[float, ...] = ()


def rank(
    found: Candidates,
    query: Query,
    pools: Mapping[str, Sequence[Found]],
    *,
    learned: Learned | None,
    without: Collection[str],
) -> Ranking:
    """Score every candidate; ties go to the older memory."""
    if not len(found):
        return Ranking(ranked=(), nothing_fits=True, of_somebody_else=False)
    if "contiguity" in without:
        found = _alone(found)
    placed = places(found, pools)
    asked = Asked(
        terms=tuple(terms(query.text)),
        understood=query.understood,
        support=support(placed, query.understood),
        graph=scored(placed, "graph"),
    )
    features = matrix(found, asked, MODEL.features)
    weights = MODEL.weights_with(learned)
    if "rerank" in without:
        weights = np.array([_PLAIN.get(name, 0.0) for name in MODEL.features])
    unanswered = features @ weights
    answers = belief(placed)
    supported = _supported(features, answers)
    sums = supported @ weights
    # What is believed may be wrong: it speaks for itself, and against nobody else.
    probabilities = np.where(
        answers > 0, MODEL.probabilities(sums), MODEL.probabilities(unanswered)
    )
    added = np.zeros(len(found))
    if "prior" not in without:
        factor = prior(found, query.understood.question, query.reference)
        added = np.log(factor) / (MODEL.score + MODEL.lead)
    sums = sums + added
    order = np.argsort(-sums, kind="stable")

    believed = _believed(found, pools.get("belief", ()))

    def made(place: int) -> Ranked:
        i = order[place]
        return Ranked(
            face=believed.get(i, found.faces[i]),
            members=found.members[i],
            score=float(sums[i]),
            probability=float(probabilities[i]),
            places=placed[i],
            features=tuple(supported[i].tolist()),
            shared=tuple(compress(query.terms, found.holds[i].tolist())),
            prior=float(added[i]),
        )

    return Ranking(
        ranked=_Ordered(len(found), made),
        nothing_fits=relevance.nothing_fits(found, order[:_JUDGED]),
        of_somebody_else=relevance.of_somebody_else(found, features, MODEL, weights),
        weights=tuple(weights.tolist()),
    )


def _supported(features: Floats, answers: Floats) -> Floats:
    """(n, f) the features with what beliefs add to the support of each candidate."""
    supported = features.copy()
    supported[:, MODEL.features.index("support")] += answers
    return supported


def _believed(found: Candidates, answers: Sequence[Found]) -> dict[int, Candidate]:
    """Per candidate the member that is believed and answers best; it is shown, whatever fits it."""
    wanted = {hit.memory_id: place for place, hit in reversed(list(enumerate(answers)))}
    shown: dict[int, Candidate] = {}
    for number, group in enumerate(found.members if wanted else ()):
        held = [member for member in group if member.memory_id in wanted]
        if held:
            shown[number] = min(held, key=lambda member: wanted[member.memory_id])
    return shown


def _alone(found: Candidates) -> Candidates:
    """The candidates without their places in a conversation."""
    nobody: Positions = np.full(len(found), len(found), dtype=np.intp)
    return replace(found, before=nobody, after=nobody, session=np.arange(len(found)))
