"""A second opinion: the best candidates read once more, by a model that sees question and text.

It is optional (`MEMORY_CROSS_ENCODER__BACKEND`), and it only orders: what is found, how relevant it
is and whether anything fits is decided before. The shares are those of SuperLocalMemory's code.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from llm_backend.errors import BackendError
from llm_backend.protocols import CrossEncoder, Scores
from retrieval.channel import Query
from retrieval.fusion import Place
from retrieval.ranking import Ranked, Ranking
from retrieval.understanding.records import Question
from stores.kinds import has_parts
from stores.records import MemCube, Span
from stores.search import Search

#: As it appears in `channels` of a hit, in `without`, in `degraded` and in `timings_ms`.
NAME = "cross_encoder"
#: What it goes by, as a reason says it.
LABEL = "the cross-encoder"
#: Candidates it reads; those behind keep their places.
READ = 20
#: Characters it reads of each: what the window of most such models holds beside a question.
_CHARACTERS = 1_500
#: What its score counts beside the probability. Where several memories answer together, reading
#: each by itself says less.
SHARE, SHARE_OF_SEVERAL = 0.75, 0.5
_SEVERAL = frozenset({Question.LIST, Question.WHEN, Question.COUNT})


@dataclass(frozen=True, kw_only=True, slots=True)
class Opinion:
    """The ranking afterwards; `degraded` names the model if it was asked and did not answer."""

    ranking: Ranking
    asked: bool = False
    degraded: tuple[str, ...] = ()


async def ask(
    encoder: CrossEncoder | None,
    search: Search,
    query: Query,
    ranking: Ranking,
    without: Collection[str],
) -> Opinion:
    """The ranking with its best in the order of both opinions; as it is where there is no second.

    No connection is held while the model reads.
    """
    if encoder is None or NAME in without or ranking.nothing_fits:
        return Opinion(ranking=ranking)
    best, texts = await _texts(search, ranking.ranked[:READ])
    try:
        scores = await encoder.score(query.text, texts)
    except BackendError:
        return Opinion(ranking=ranking, asked=True, degraded=(NAME,))
    ranked = (*blend(best, scores, share_of(query.understood.question)), *ranking.ranked[READ:])
    return Opinion(ranking=replace(ranking, ranked=ranked), asked=True)


def share_of(question: Question) -> float:
    """What the model's score counts for this kind of question; the probability counts the rest."""
    return SHARE_OF_SEVERAL if question in _SEVERAL else SHARE


def blend(best: Sequence[Ranked], scores: Scores, share: float) -> tuple[Ranked, ...]:
    """By share · score + (1 - share) · probability, ties as before.

    The scores of the ranking stay with the places, so that they still fall; each probability stays
    with its candidate.
    """
    probabilities = np.array([ranked.probability for ranked in best])
    order = np.argsort(-(share * scores + (1 - share) * probabilities), kind="stable")
    ranks = np.argsort(np.argsort(-scores, kind="stable"), kind="stable") + 1
    return tuple(
        replace(
            best[i],
            score=place.score,
            places={
                **best[i].places,
                NAME: Place(rank=int(ranks[i]), score=round(float(scores[i]), 4)),
            },
        )
        for place, i in zip(best, order.tolist(), strict=True)
    )


async def _texts(
    search: Search, best: Sequence[Ranked]
) -> tuple[tuple[Ranked, ...], tuple[str, ...]]:
    """The candidates that are still there, and of each what would be shown."""
    cubes = await search.cubes([ranked.version for ranked in best])
    there = tuple(ranked for ranked in best if ranked.face.memory_id in cubes)
    long = [r.version for r in there if has_parts(cubes[r.face.memory_id].kind)]
    spans = await search.spans(long)
    ids = [ranked.face.memory_id for ranked in there]
    return there, tuple(_text(cubes[memory_id], spans.get(memory_id)) for memory_id in ids)


def _text(cube: MemCube, passage: Span | None) -> str:
    words = cube.content if passage is None else passage.of(cube.content)
    speaker = cube.data.get("speaker")
    said = f"{speaker}: {words}" if speaker else words
    return said[:_CHARACTERS]
