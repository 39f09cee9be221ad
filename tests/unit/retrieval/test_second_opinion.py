"""A second opinion: how two opinions make one order, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.explain import reason
from retrieval.fusion import Place
from retrieval.ranking import STAGES, Ranked
from retrieval.second_opinion import NAME, blend, share_of
from retrieval.understanding.records import Question
from stores.ids import MemoryId
from stores.search import Candidate


def _ranking(*probabilities: float) -> list[Ranked]:
    """Candidates A, B, C … in their order, with scores that fall by one."""
    return [
        Ranked(
            face=_face(number),
            members=(),
            score=float(-number),
            probability=probability,
            places={"dense": Place(rank=number + 1, score=0.5)},
            features=(),
            shared=(),
        )
        for number, probability in enumerate(probabilities)
    ]


def _face(number: int) -> Candidate:
    return Candidate(
        memory_id=MemoryId(UUID(int=number)), version=1, text_version=1, part=0, space=0,
        session_id=None, moment=datetime(2024, 5, 1, tzinfo=UTC), trust=0.5, speaker=None,
        source=None, before=None, after=None, cosine=None, signature=None, tier="hot",
        retrieved=0, used=0, content=None,
    )  # fmt: skip


def _letters(ranked: Sequence[Ranked]) -> str:
    return "".join(chr(ord("A") + r.face.memory_id.int) for r in ranked)


@pytest.mark.parametrize(
    ("probabilities", "scores", "share", "expected"),
    [
        ([], [], 0.75, ""),
        ([0.9], [0.0], 0.75, "A"),
        ([0.9, 0.5, 0.1], [0.9, 0.5, 0.1], 0.75, "ABC"),
        ([0.9, 0.5, 0.1], [0.1, 0.5, 0.9], 0.75, "CBA"),
        ([0.9, 0.5, 0.1], [0.1, 0.5, 0.9], 0.5, "ABC"),  # The sums are equal: as before.
        ([0.9, 0.5, 0.1], [0.1, 0.5, 0.9], 0.25, "ABC"),
        ([0.9, 0.8, 0.1], [0.0, 0.2, 1.0], 0.75, "CBA"),
        ([0.9, 0.8, 0.1], [0.0, 0.3, 1.0], 0.5, "BCA"),  # 0.45, 0.55, 0.55
        ([0.9, 0.5, 0.1], [0.7, 0.7, 0.7], 0.75, "ABC"),
        ([0.2, 0.9], [0.6, 0.6], 0.75, "BA"),  # A prior had put A first; the model does not know.
        ([0.5, 0.5, 0.5], [0.1, 0.3, 0.2], 0.5, "BCA"),
    ],
)
def test_two_opinions_make_one_order(
    probabilities: list[float], scores: list[float], share: float, expected: str
) -> None:
    assert _letters(blend(_ranking(*probabilities), np.array(scores), share)) == expected


@pytest.mark.parametrize("question", Question)
def test_where_several_answer_together_it_counts_less(question: Question) -> None:
    several = {Question.LIST, Question.COUNT, Question.WHEN}
    assert share_of(question) == (0.5 if question in several else 0.75)


def test_a_hit_says_what_the_model_thought_of_it() -> None:
    first, second, third = blend(_ranking(0.9, 0.5, 0.4), np.array([0.1, 0.30004, 0.9]), 0.75)
    assert [r.places[NAME] for r in (first, second, third)] == [
        Place(rank=1, score=0.9),
        Place(rank=2, score=0.3),
        Place(rank=3, score=0.1),
    ]
    assert first.places["dense"] == Place(rank=3, score=0.5)
    assert reason(first.places, {}, []) == "#1 by the cross-encoder; #3 by meaning"


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=20),
    st.sampled_from([0.5, 0.75]),
)
def test_nobody_is_lost_and_scores_still_fall(
    pairs: list[tuple[float, float]], share: float
) -> None:
    before = _ranking(*[probability for probability, _ in pairs])
    after = blend(before, np.array([score for _, score in pairs]), share)
    assert sorted(_letters(after)) == sorted(_letters(before))
    assert [r.score for r in after] == [r.score for r in before]
    assert {(r.face.memory_id, r.probability) for r in after} == {
        (r.face.memory_id, r.probability) for r in before
    }
    assert sorted(r.places[NAME].rank for r in after) == list(range(1, len(pairs) + 1))


def test_it_is_a_stage_that_can_be_left_out() -> None:
    assert NAME in STAGES
