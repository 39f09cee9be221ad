"""What a simulation invents, asks and draws: the same for the same seed, and true to itself."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consolidation import jobs as job_kinds
from memory_service.simulation import report
from memory_service.simulation.conversations import read
from memory_service.simulation.diagram import chart
from memory_service.simulation.inventing import START, Invention, invent
from memory_service.simulation.measuring import Examiner
from memory_service.simulation.records import Asked, Checkpoint
from memory_service.simulation.replay import Variant
from memory_service.simulation.saturation import saturated_at, slope
from memory_service.simulation.world import VirtualClock

DEMO = Path(job_kinds.__file__).parents[2] / "memory_service" / "demo" / "corpus.json"
inventions = st.builds(
    Invention,
    days=st.integers(1, 120),
    episodes_per_day=st.integers(1, 60),
    people=st.integers(1, 8),
    seed=st.integers(0, 9),
)


@settings(max_examples=25, deadline=None)
@given(inventions)
def test_an_invented_life_is_in_order_and_its_questions_can_be_answered(given: Invention) -> None:
    made = invent(given)
    assert invent(given) == made
    times = [told.at for told in made.told]
    assert times == sorted(times)
    by_id = {told.id: told for told in made.told}
    assert len(by_id) == len(made.told)
    assert len(made.told) >= given.days * given.episodes_per_day
    for question in made.questions:
        [answers] = question.needed
        who = next(w for w in question.text.replace("'s", "").rstrip("?").split() if w in _NAMES)
        assert {by_id[a].speaker for a in answers | question.outdated} == {who}
        assert min(by_id[a].at for a in answers) == question.since
        assert all(by_id[a].at < question.since for a in question.outdated)
        if question.until is not None:
            assert max(by_id[a].at for a in answers) < question.until


_NAMES = {"Ana", "Bruno", "Chidi", "Dalia", "Emil", "Farah", "Goran", "Hilde"}


@settings(max_examples=15, deadline=None)
@given(inventions, st.integers(0, 120))
def test_at_any_time_everything_about_a_person_has_one_answer(given: Invention, day: int) -> None:
    made = invent(given)
    at = made.told[-1].at - timedelta(days=min(day, given.days - 1))
    examiner = Examiner.of(made, most=1000, seed=1)
    valid = Counter(question.text for question in examiner.valid(at))
    assert set(valid.values()) <= {1}
    for question, then in examiner.superseded(at):
        assert question.until is not None
        assert question.since < then < question.until <= at


def test_a_year_of_many_episodes_is_said_in_few_texts() -> None:
    made = invent(Invention(days=365, episodes_per_day=140))
    assert len(made.told) >= 50_000
    assert len({told.text for told in made.told}) < 1_000


def test_the_same_questions_are_asked_again_while_they_hold() -> None:
    made = invent(Invention(days=200, episodes_per_day=20))
    examiner = Examiner.of(made, most=8, seed=3)
    soon, later = (
        {q.text: q for q in examiner.valid(START + timedelta(days=d))} for d in (100, 101)
    )
    assert len(soon.keys() & later.keys()) >= 6


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([], None),
        ([(10, 0.9)], None),
        ([(10, 0.9), (10, 0.7)], None),
        ([(0, 1.0), (1000, 0.9), (2000, 0.8)], -0.1),
        ([(0, 0.5), (500, 0.5)], 0.0),
    ],
)
def test_slope(points: list[tuple[float, float]], expected: float | None) -> None:
    assert slope(points) == (expected if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("qualities", "expected"),
    [
        ([0.9, 0.9, 0.9], None),
        ([0.9, 0.84, 0.9, 0.84], None),
        ([0.9, 0.84, 0.84], 1),
        ([0.9, 0.86, 0.86], None),
        ([0.5, 0.9, 0.8, 0.85, 0.2], 2),
        ([], None),
    ],
)
def test_saturation_is_a_fall_that_lasts(qualities: list[float], expected: float | None) -> None:
    assert saturated_at(list(enumerate(qualities))) == expected


def test_a_virtual_clock_never_stands_still_nor_goes_back() -> None:
    clock = VirtualClock(START)
    first, second = clock(), clock()
    assert START < first < second
    clock.advance(START + timedelta(days=1))
    clock.advance(START)
    assert clock() > START + timedelta(days=1)


def test_variants_turn_off_what_they_say() -> None:
    names = {n for n, kind in job_kinds.load().items() if kind.cadence is not None}

    def off(variant: Variant) -> set[str]:
        said = variant.policies()["jobs"]
        return {name for name in said if said[name].get("on") is False}

    assert off(Variant.FULL) == set()
    assert off(Variant.BARE) == names
    assert off(Variant.NO_DECAY) == {"decay"}
    assert off(Variant.NO_CONSOLIDATION) == names - {"decay"}


def test_the_demos_corpus_can_be_replayed() -> None:
    [made] = read(DEMO)
    assert made.told
    assert made.questions
    assert all(question.since <= made.told[-1].at for question in made.questions)


def test_locomos_form_can_be_replayed(tmp_path: Path) -> None:
    sample: dict[str, Any] = {
        "sample_id": "c",
        "conversation": {
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [{"speaker": "Ana", "dia_id": "D1:1", "text": "I moved to Leeds"}],
            "session_2_date_time": "1:00 am on 9 May, 2023",
            "session_2": [
                {"speaker": "Bo", "dia_id": "D2:1", "text": "Look", "blip_caption": "a kite"}
            ],
        },
        "qa": [
            {"question": "Both?", "evidence": ["D1:01; D2:1", "D"], "category": 1},
            {"question": "Nothing?", "category": 5},
            {"question": "Elsewhere?", "evidence": ["D9:9"], "category": 1},
        ],
    }
    path = tmp_path / "c.json"
    path.write_text(json.dumps([sample]))
    [made] = read(path)
    assert [(t.id, t.text) for t in made.told] == [
        ("D1:1", "I moved to Leeds"), ("D2:1", "Look [shares a picture: a kite]"),
    ]  # fmt: skip
    [question] = made.questions
    assert question.needed == (frozenset({"D1:1"}), frozenset({"D2:1"}))
    assert question.since == datetime(2023, 5, 9, 1, tzinfo=UTC)


def test_what_is_no_conversation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('{"turns": []}')
    with pytest.raises(ValueError, match="neither"):
        read(path)


def _checkpoint(day: int, recall: float | None, variant: str = "full") -> Checkpoint:
    return Checkpoint(
        variant=variant, day=day, at=START + timedelta(days=day), episodes=10 * day,
        states={"episodic/active": 100 * day}, tiers={"hot": day}, sizes={"memories": 1000 * day},
        valid=Asked(asked=1, recall=recall, stale=0.0, tokens=100.0),
    )  # fmt: skip


def test_a_checkpoint_is_a_line_of_json() -> None:
    said = json.loads(report.line(_checkpoint(10, 0.5)))
    assert (said["day"], said["valid"]["recall"], said["at"]) == (
        10, 0.5, "2025-01-11T07:00:00+00:00",
    )  # fmt: skip
    assert report.line(_checkpoint(10, 0.5)) == report.line(replace(_checkpoint(10, 0.5)))


def test_each_variant_has_a_row_and_every_chart_is_an_image(tmp_path: Path) -> None:
    found = [_checkpoint(10, 1.0), _checkpoint(20, 0.9), _checkpoint(10, None, "bare")]
    full, bare = report.rows(found)
    assert dict(zip(report.COLUMNS, full, strict=True))["Slope per 1,000"] == "-0.1000"
    assert bare[report.COLUMNS.index("Recall@10 now")] == ""
    paths = report.write_charts(tmp_path, found)
    assert {"recall-valid.svg", "tiers-bare.svg"} <= {path.name for path in paths}
    for path in paths:
        assert ET.parse(path).getroot().tag.endswith("svg")  # noqa: S314 - our own


def test_a_chart_escapes_names_and_stands_without_points() -> None:
    drawn = chart("a < b", "share", {"<x>": [(0, 0), (10, 1)], "none": []})
    assert "&lt;x&gt;" in drawn
    assert ET.fromstring(drawn).find("{*}polyline") is not None  # noqa: S314
    assert ET.fromstring(chart("t", "u", {})).find("{*}polyline") is None  # noqa: S314
