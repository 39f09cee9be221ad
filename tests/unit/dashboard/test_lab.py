"""The form of the recall lab as a request, and two answers beside each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.datastructures import QueryParams

from dashboard.lab import PARTS, Setting, Side, contributions, places
from retrieval import channels
from retrieval.ranking import STAGES


def hit(memory_id: str, **features: float) -> dict[str, Any]:
    return {"memory": {"id": memory_id}, "features": features}


def side(*hits: dict[str, Any]) -> Side:
    context = {"citations": [{"marker": "[1]", "memory_id": "a"}]}
    return Side(setting=Setting(), recall={"hits": list(hits)}, context=context)


@pytest.mark.parametrize(
    ("text", "prefix", "expected"),
    [
        ("", "", {}),
        ("k=7&mode=deep&b_k=9", "", {"k": 7, "mode": "deep"}),
        ("k=7&mode=deep&b_k=9", "b_", {"k": 9}),
        ("k=0&budget=999999", "", {"k": 1, "budget": 20_000}),
        ("k=many&mode=slow&without=dense&without=all", "", {"without": ("dense",)}),
        ("valid=2026-01-01&superseded=1", "", {"valid": "2026-01-01", "superseded": True}),
    ],
)
def test_a_form_is_a_setting(text: str, prefix: str, expected: dict[str, Any]) -> None:
    assert Setting.of(QueryParams(text), prefix) == replace(Setting(prefix=prefix), **expected)


def test_what_is_not_set_is_not_asked_for() -> None:
    body = Setting(known="2026-02-01").body("Where?")

    assert body["as_of"] == {"known": "2026-02-01"}
    assert "reference_time" not in body
    assert body["types"] == []


def test_everything_that_recall_can_leave_out_can_be_left_out_here() -> None:
    assert {*PARTS} == {*(channel.name for channel in channels.load()), *STAGES}


def test_parts_of_a_score_come_the_largest_first_whatever_their_sign() -> None:
    found = contributions({"words": (0.5, 4.0), "age": (1.0, -3.0), "place": (0.0, 9.0)})

    assert [(part.name, part.contribution, part.share) for part in found] == [
        ("age", -3.0, 1.0), ("words", 2.0, 2 / 3), ("place", 0.0, 0.0),
    ]  # fmt: skip


def test_a_hit_knows_how_it_moved_and_whether_the_context_names_it() -> None:
    there = side(hit("b"), hit("c"), hit("a"))
    here = replace(side(hit("a"), hit("d")), ranks=places(there.recall["hits"]))

    assert here.moved(hit("a"), 1) == 2
    assert here.moved(hit("d"), 2) is None
    assert here.marker(hit("a")) == "[1]"
    assert here.marker(hit("d")) is None
