"""Fusion ranks by ranks, lets neighbours help, and keeps a fact behind its episode."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.contiguity import SHARE, candidates, window_sum
from retrieval.explain import reason
from retrieval.fusion import Place, fuse
from retrieval.relevance import nothing_fits, relevance
from stores.ids import MemoryId
from stores.search import Nearby
from tests.fixtures.records import Shown, cube, memory_id

Scores = Mapping[int, float]


def _self(number: int, *, source: int | None = None, speaker: str | None = None) -> Nearby:
    """A candidate found by a channel."""
    return _beside(number, 0, number, source=source, speaker=speaker)


def _beside(
    seed: int, offset: int, number: int, *, source: int | None = None, speaker: str | None = None
) -> Nearby:
    return Nearby(
        seed=memory_id(seed),
        offset=offset,
        memory_id=memory_id(number),
        version=1,
        text_version=1,
        speaker=speaker,
        source=memory_id(number if source is None else source),
    )


def _by_id(scores: Scores) -> dict[MemoryId, float]:
    return {memory_id(number): score for number, score in scores.items()}


def _ranking(
    around: list[Nearby], dense: Scores, lexical: Scores, *, named: set[int] = frozenset()
) -> list[int]:
    found = candidates(around, _by_id(dense), _by_id(lexical), {memory_id(n) for n in named})
    return [fused.memory_id.int for fused in fuse(found, most=100)]


@pytest.mark.parametrize(
    ("dense", "lexical", "named", "expected"),
    [
        ({1: 0.9, 2: 0.5, 3: 0.1}, {}, set(), [1, 2, 3]),
        ({}, {1: 2.0, 2: 7.0, 3: 4.0}, set(), [2, 3, 1]),
        ({1: 0.9, 2: 0.8, 3: 0.7}, {3: 9.0, 2: 8.0}, set(), [3, 2, 1]),
        ({1: 0.5, 2: 0.5, 3: 0.5}, {}, set(), [1, 2, 3]),
        ({1: 0.9, 2: 0.8, 3: 0.7}, {}, {3}, [3, 1, 2]),
        ({1: -0.9, 2: 0.1, 3: 0.0}, {}, set(), [2, 1, 3]),
    ],
)
def test_the_ranking_follows_the_ranks(
    dense: Scores, lexical: Scores, named: set[int], expected: list[int]
) -> None:
    around = [_self(1), _self(2), _self(3)]
    assert _ranking(around, dense, lexical, named=named) == expected


def test_a_neighbour_of_a_good_hit_comes_before_a_stranger() -> None:
    around = [_self(1), _beside(1, 1, 2), _self(3)]
    dense = {1: 0.9, 2: 0.2, 3: 0.2}
    assert _ranking(around, dense, {1: 5.0}) == [1, 2, 3]
    assert _ranking([_self(1), _self(2), _beside(1, 1, 3)], dense, {1: 5.0}) == [1, 3, 2]


def test_a_fact_stands_behind_its_episode_and_lends_it_its_scores() -> None:
    around = [_self(1), _self(2), _self(3, source=1)]
    found = candidates(around, _by_id({1: 0.2, 2: 0.5, 3: 0.9}), {}, set())
    best, second = fuse(found, most=10)
    assert best.memory_id == memory_id(1)
    assert set(best.members) == {memory_id(1), memory_id(3)}
    assert best.places["dense"] == Place(rank=1, score=0.9)
    assert second.memory_id == memory_id(2)


def test_a_fact_whose_episode_may_not_be_seen_stands_for_itself() -> None:
    assert _ranking([_self(3, source=1)], {3: 0.9}, {}) == [3]


def test_a_window_adds_a_share_of_what_was_said_on_either_side() -> None:
    around = [_beside(2, -1, 1), _self(2), _beside(2, 1, 3), _self(4)]
    found = candidates(around, {}, _by_id({1: 1.0, 2: 10.0, 3: 100.0, 4: 5.0}), set())
    assert list(window_sum(found.bm25, found)) == [
        1 + SHARE * 10,
        10 + SHARE * 101,
        100 + SHARE * 10,
        5,
    ]


@given(
    dense=st.dictionaries(st.integers(1, 20), st.floats(-1, 1), max_size=20),
    lexical=st.dictionaries(st.integers(1, 20), st.floats(0, 50), max_size=20),
    most=st.integers(1, 30),
)
def test_every_candidate_is_ranked_once_with_finite_scores_that_fall(
    dense: dict[int, float], lexical: dict[int, float], most: int
) -> None:
    around = [_self(n) for n in sorted({*dense, *lexical})]
    fused = fuse(candidates(around, _by_id(dense), _by_id(lexical), set()), most=most)
    assert len(fused) == min(most, len(around))
    assert len({f.memory_id for f in fused}) == len(fused)
    scores = [f.score for f in fused]
    assert all(map(math.isfinite, scores))
    assert scores == sorted(scores, reverse=True)
    assert all(place.rank >= 1 for f in fused for place in f.places.values())


def test_a_reason_names_the_lists_and_the_shared_words() -> None:
    places = {
        "lexical": Place(rank=1, score=7.0),
        "dense": Place(rank=3, score=0.5),
        "contiguity": Place(rank=99, score=1.0),
    }
    said = reason(["lamp", "green"], cube(content="The green lamps"), places)
    assert said == "#1 by words; #3 by meaning; shares lamps, green"
    assert reason(["lamp"], cube(content="The garden"), {}) == "near what matched"


def test_relevance_grows_with_meaning_and_with_shared_words() -> None:
    def of(content: str, cosine: float) -> float:
        return relevance(["lamp"], cube(content=content), {"dense": Place(rank=1, score=cosine)})

    assert of("a garden", 0.2) < of("a garden", 0.8) < of("a lamp", 0.8)
    assert of("a garden", 0.2) < of("a lamp", 0.2)
    assert 0 <= relevance([], cube(), {}) <= 1


@pytest.mark.parametrize(
    ("cosine", "content", "expected"),
    [
        (None, "a lamp", False),
        (None, "a garden", True),
        (0.1, "a garden", True),
        (0.1, "a lamp", True),
        (0.1, "a green lamp", False),
        (0.3, "a garden", True),
        (0.3, "a lamp", False),
        (0.6, "a garden", False),
    ],
)
def test_nothing_fits_when_neither_meaning_nor_words_do(
    cosine: float | None, content: str, expected: bool
) -> None:
    places = {} if cosine is None else {"dense": Place(rank=1, score=cosine)}

    class Hit(Shown):
        channels = places

    assert nothing_fits(["green", "lamp"], [Hit(memory=cube(content=content))]) is expected
