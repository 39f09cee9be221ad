"""Where a memory stands: in every channel, in the ranking, and with who read the best once more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from retrieval.fusion import Place
from retrieval.ranking import Ranking, rank
from retrieval.standing import InChannel, in_channels, place_of, standing
from stores.search import Found
from tests.fixtures.candidates import conversation, found, query, row
from tests.fixtures.records import memory_id

QUESTION = "Where is the green lamp from?"
ROWS = [
    *conversation("Where did you get that green lamp?", "At the market in Ghent", "Nice"),
    row(9, "The green lamp is from Ghent", source=2),
]


def _found(number: int, score: float, part: int = 0) -> Found:
    return Found(memory_id=memory_id(number), version=1, text_version=1, part=part, score=score)


POOLS = {"lexical": [_found(9, 2.0), _found(1, 1.5, 1), _found(1, 1.4), _found(7, 0.3)], "tags": []}


def _ranking() -> Ranking:
    asked = query(QUESTION)
    return rank(found(QUESTION, ROWS), asked, POOLS, learned=None, without=frozenset())


def test_a_place_in_a_channel_counts_memories_not_parts() -> None:
    assert in_channels({memory_id(7)}, POOLS, {}) == {
        "lexical": InChannel(rank=3, score=0.3, found=3, last=0.3),
        "tags": InChannel(rank=None, score=None, found=0, last=None),
    }


def test_what_a_channel_did_not_find_scores_what_is_known_of_it() -> None:
    there = in_channels({memory_id(8)}, POOLS, {"lexical": 0.1})
    assert there["lexical"] == InChannel(rank=None, score=0.1, found=3, last=0.3)


@pytest.mark.parametrize(("number", "stands"), [(2, True), (9, True), (7, False)])
def test_a_fact_has_the_place_of_its_episode(number: int, *, stands: bool) -> None:
    ranking = _ranking()
    assert place_of(memory_id(9), ranking) == place_of(memory_id(2), ranking)
    assert (place_of(memory_id(number), ranking) is not None) is stands


def test_features_and_prior_make_the_score() -> None:
    ranking = _ranking()
    for number, ranked in enumerate(ranking.ranked):
        own = standing(number, ranking, POOLS)
        total = sum(feature.contribution for feature in own.features.values())
        assert total + own.prior == pytest.approx(ranked.score)
        assert (own.rank, own.relevance) == (number + 1, ranked.probability)


def test_a_second_opinion_is_a_place_too() -> None:
    ranking = _ranking()
    read = [
        replace(r, places={**r.places, "cross_encoder": Place(rank=n, score=1 / n)})
        for n, r in enumerate(ranking.ranked[:2], 1)
    ]
    own = standing(0, replace(ranking, ranked=(*read, *ranking.ranked[2:])), POOLS)
    assert own.channels["cross_encoder"] == InChannel(rank=1, score=1.0, found=2, last=0.5)
