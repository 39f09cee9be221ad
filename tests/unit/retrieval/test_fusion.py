"""What channels without a feature of their own add, by the place and by the question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from retrieval import channels
from retrieval.channel import UNREAD
from retrieval.fusion import (
    BELIEF,
    FEATURED,
    ORDERED,
    ORDERED_ABOUT,
    OTHERWISE,
    SALIENT,
    WEIGHTS,
    K,
    Place,
    belief,
    places,
    support,
    weight_of,
)
from retrieval.understanding.records import Order, Question, Understanding, Unit
from stores.search import Found
from tests.fixtures.candidates import found, row
from tests.fixtures.records import memory_id

_THIRD_SESSION = Order(unit=Unit.SESSION, position=3, weekday=None, topic=False)


def _hit(number: int, score: float = 1.0, part: int = 0) -> Found:
    return Found(memory_id(number), 1, 1, part, score)


def _placed(**ranks: int) -> Mapping[str, Place]:
    return {name: Place(rank=rank, score=1.0) for name, rank in ranks.items()}


def test_a_place_is_that_of_the_best_memory_behind_the_candidate() -> None:
    made = found("lamp", [row(1, "lamp"), row(2, "lamp"), row(7, "lamp", source=1)])
    first, second = places(made, {"tags": [_hit(9), _hit(7, 0.5), _hit(2), _hit(1)]})
    assert first == {"tags": Place(rank=2, score=0.5)}
    assert second == {"tags": Place(rank=3, score=1.0)}


def test_parts_of_one_memory_take_one_place() -> None:
    made = found("lamp", [row(1, "lamp"), row(2, "lamp")])
    pools = {"dense": [_hit(1), _hit(1, part=1), _hit(1, part=2), _hit(2)]}
    assert [by["dense"].rank for by in places(made, pools)] == [1, 2]


def test_who_no_channel_found_has_no_place() -> None:
    assert places(found("lamp", [row(1, "lamp")]), {"tags": [_hit(9)], "dense": []}) == [{}]


@pytest.mark.parametrize(
    ("channel", "changes", "expected"),
    [
        ("entity", {}, WEIGHTS["entity"]),
        ("tags", {}, WEIGHTS["tags"]),
        ("temporal", {}, WEIGHTS["temporal"]),
        ("temporal", {"order": _THIRD_SESSION}, ORDERED),
        ("temporal", {"order": replace(_THIRD_SESSION, topic=True)}, ORDERED_ABOUT),
        ("entity", {"order": _THIRD_SESSION}, WEIGHTS["entity"]),
        ("salience", {}, OTHERWISE),
        ("salience", {"question": Question.RECENCY}, SALIENT[Question.RECENCY]),
        ("salience", {"question": Question.VAGUE}, SALIENT[Question.VAGUE]),
        ("one made tomorrow", {}, OTHERWISE),
        ("one made tomorrow", {"question": Question.VAGUE}, OTHERWISE),
    ],
)
def test_a_channel_weighs_by_the_question(
    channel: str, changes: dict[str, object], expected: float
) -> None:
    understood: Understanding = replace(UNREAD, **changes)  # type: ignore[arg-type]
    assert weight_of(channel, understood) == expected
    assert support([_placed(**{channel: 1})], understood)[0] == pytest.approx(expected)


def test_an_order_is_answered_by_the_calendar() -> None:
    understood = replace(UNREAD, order=_THIRD_SESSION)
    others = [c.name for c in channels.load() if c.name != "temporal"]
    last_in_time, first_elsewhere = support(
        [_placed(temporal=K), _placed(**dict.fromkeys(others, 1))], understood
    )
    assert last_in_time > first_elsewhere


def test_support_falls_with_the_place_and_never_to_nothing() -> None:
    made = support([_placed(tags=rank) for rank in (1, 2, 10, 100)], UNREAD)
    assert list(made) == sorted(made, reverse=True)
    assert made[0] == pytest.approx(made[3] * (K + 99) / K)
    assert made[3] > 0


def test_channels_add_up() -> None:
    both, one, other = support(
        [_placed(tags=1, entity=3), _placed(tags=1), _placed(entity=3)], UNREAD
    )
    assert both == pytest.approx(one + other)


def test_what_is_a_feature_is_no_support() -> None:
    assert {"belief", "dense", "graph", "lexical"} == FEATURED
    assert list(support([_placed(belief=1, dense=1, graph=1, lexical=1), {}], UNREAD)) == [0, 0]


def test_a_belief_counts_by_how_surely_it_answers_whatever_its_place() -> None:
    sure, unsure = Place(rank=4, score=1.0), Place(rank=1, score=0.5)
    made = belief([{"belief": sure}, {"belief": unsure}, _placed(tags=1)])
    assert list(made) == [BELIEF, BELIEF / 2, 0]


def test_every_weight_is_that_of_a_channel_there_is() -> None:
    probed = {"llm"}  # found by the questions of a chat model, which is no channel
    assert {*WEIGHTS, *FEATURED} <= {channel.name for channel in channels.load()} | probed
