"""Rows survive a file, pair by question, and their differences know luck from gain."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.quality import comparison, tables
from benchmarks.quality.asking import chosen
from benchmarks.quality.command import CHANNELS, STAGES, names_to_leave_out
from benchmarks.quality.diagram import diagram
from benchmarks.quality.metrics import Bin
from benchmarks.quality.paired import interval
from benchmarks.quality.rows import Packed, Row, dump, load, pairs, time_in
from benchmarks.quality.space import turns_of
from benchmarks.talks import Question


def row(number: int = 0, **changes: Any) -> Row:
    made = Row(
        source="ada-bo",
        number=number,
        mode="fast",
        category=4,
        time="",
        gold=("D1:1",),
        found=("D1:1", "D1:2"),
        hits=((0.9, True), (0.1, False)),
        abstained=False,
        flagged=False,
        ms=5.0,
        packed={name: Packed(tokens=9, cited=1.0, words=None) for name in ("400", "800")},
    )
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When did Ada move?", "asked"),
        ("How long has Bo been a baker?", "asked"),
        ("Which month did Ada move in?", "asked"),
        ("What did Ada do in May 2022?", "named"),
        ("What did Bo do last weekend?", "named"),
        ("What did Bo buy on 3 July?", "named"),
        ("What may Ada do next?", ""),
        ("May Ada swim?", ""),
        ("What does Ada like?", ""),
    ],
)
def test_questions_about_time_are_told_apart(question: str, expected: str) -> None:
    assert time_in(question) == expected


def test_rows_survive_a_file(tmp_path: Path) -> None:
    kept, path = [row(0), row(1, abstained=True, found=())], tmp_path / "run.json"
    path.write_text(json.dumps({"rows": dump(kept)}))

    assert load(path) == kept


def test_only_the_same_question_is_paired() -> None:
    now = [row(0), row(1), row(2), row(0, mode="deep")]
    before = [row(0, ms=7.0), row(1, gold=("D9:9",))]

    assert pairs(now, before) == [(now[0], before[0])]


@given(values=st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_an_interval_holds_its_mean_within_the_values(values: list[float]) -> None:
    found = interval(values, resamples=200)

    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert found.mean == pytest.approx(sum(values) / len(values), abs=1e-9)


def test_an_interval_tells_luck_from_gain() -> None:
    assert interval([1.0] * 40 + [0.0] * 20).excludes_zero
    assert not interval([1.0] * 20 + [-1.0] * 20).excludes_zero
    assert interval([0.5, -0.25, 1.0]) == interval([0.5, -0.25, 1.0])


def test_the_mean_of_normal_values_gets_the_textbook_width() -> None:
    values = [(-1.0) ** n for n in range(400)]
    found = interval(values)

    assert (found.high - found.low) / 2 == pytest.approx(1.96 / 20, rel=0.1)


def test_differences_are_paired_and_marked() -> None:
    now = [row(n) for n in range(20)]
    text = comparison.differences(now, [row(n, found=("D1:2",)) for n in range(20)])

    first = next(line for line in text.splitlines() if line.startswith("| R@5, 1–4"))
    assert [cell.strip() for cell in first.split("|")[2:-1]] == [
        "20", "0.0", "100.0", "+100.0 [+100.0, +100.0]*",
    ]  # fmt: skip


def test_ablation_shows_the_loss_and_what_changed() -> None:
    now = [row(n) for n in range(4)]
    worse = [row(n, found=("D1:2",) if n else ("D1:1", "D1:2")) for n in range(4)]
    text = comparison.ablation(now, {"dense": worse, "unheard-of": now})

    dense, unknown = ([c.strip() for c in line.split("|")[1:4]] for line in text.splitlines()[2:])
    assert dense[:2] == ["dense", "75.0"]
    assert dense[2].startswith("+75.0 [")
    assert unknown == ["unheard-of", "0.0", "+0.0 [+0.0, +0.0]"]


def test_tables_of_every_kind_of_row_are_made() -> None:
    rows = [row(0), row(1, category=5), row(2, category=2, time="asked", abstained=True, hits=())]

    assert "temporal" in tables.evidence(rows)
    assert "adversarial" in tables.abstention(rows)
    assert "first 20 turns" in tables.context(rows)
    assert "deep" in tables.library([row(0, category=0, mode="deep")])
    assert tables.forecasts(rows) == [(0.9, True), (0.1, False)]


def test_the_diagram_is_a_picture_with_a_dot_per_bin() -> None:
    picture = ET.fromstring(diagram([Bin(10, 0.1, 0.0), Bin(5, 0.9, 1.0)]))  # noqa: S314

    assert len(list(picture.iter("{http://www.w3.org/2000/svg}circle"))) == 2


def test_parts_to_leave_out_come_from_the_description_if_it_lists_them() -> None:
    def description(**field: Any) -> dict[str, Any]:
        return {"components": {"schemas": {"RecallIn": {"properties": field}}}}

    listed = description(without={"items": {"enum": ["dense"]}})
    assert names_to_leave_out(listed, {"new"}) == ["dense"]
    assert names_to_leave_out(description(without={}), {"new", "dense"}) == [
        *CHANNELS, "new", *STAGES,
    ]  # fmt: skip
    with pytest.raises(SystemExit):
        names_to_leave_out(description(), set())


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(None, [0, 1, 2, 3, 4]), (2, [0, 2]), (3, [0, 1, 3]), (9, [0, 1, 2, 3, 4])],
)
def test_a_limit_spreads_over_the_file(limit: int | None, expected: list[int]) -> None:
    asked = [
        Question(text=str(number), category=1, answer="", gold=frozenset("a"))
        for number in range(5)
    ]

    assert chosen(asked, limit) == [(number, asked[number]) for number in expected]
    assert chosen([], limit) == []


def test_a_derived_memory_counts_for_its_evidence() -> None:
    evidence = [{"external_id": name} for name in ("D1:2", None, "D1:1", "D1:2")]

    assert turns_of({"data": {"external_id": "D3:1"}}) == ["D3:1"]
    assert turns_of({"data": {}, "provenance": {"evidence": evidence}}) == ["D1:2", "D1:1"]
