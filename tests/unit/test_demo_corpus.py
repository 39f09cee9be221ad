"""The demo corpus is whole: ids, times, speakers and the evidence of its questions."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest

import memory_service.demo

CORPUS = Path(memory_service.demo.__file__).with_name("corpus.json")


@pytest.fixture(scope="module")
def corpus() -> dict[str, Any]:
    return json.loads(CORPUS.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def episodes(corpus: dict[str, Any]) -> list[dict[str, Any]]:
    return corpus["episodes"]  # type: ignore[no-any-return]


def told_at(episode: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(episode["occurred_at"])


def test_it_may_be_given_away(corpus: dict[str, Any]) -> None:
    assert corpus["license"].startswith("CC0-1.0")
    assert corpus["space"] == "demo"


def test_it_has_the_promised_size(episodes: list[dict[str, Any]]) -> None:
    messages = [e for e in episodes if e["kind"] == "message"]

    assert 280 <= len(episodes) <= 340
    assert len({e["speaker"] for e in messages if e["role"] == "user"}) >= 5
    assert all(e["content"].strip() for e in episodes)


def test_external_ids_are_unique(episodes: list[dict[str, Any]]) -> None:
    assert len({e["external_id"] for e in episodes}) == len(episodes)


def test_times_increase_within_a_session(episodes: list[dict[str, Any]]) -> None:
    for _, session in groupby(episodes, key=lambda e: e["session_id"]):
        times = [told_at(e) for e in session]
        assert all(later - time >= timedelta(minutes=1) for time, later in pairwise(times))


def test_sessions_are_told_one_after_the_other(episodes: list[dict[str, Any]]) -> None:
    runs = [session for session, _ in groupby(e["session_id"] for e in episodes)]

    assert len(runs) == len(set(runs)) >= 25


def test_it_spans_months(episodes: list[dict[str, Any]]) -> None:
    times = [told_at(e) for e in episodes]

    assert times == sorted(times)
    assert times[-1] - times[0] >= timedelta(days=6 * 30)


def test_there_is_a_document_and_a_trajectory(episodes: list[dict[str, Any]]) -> None:
    (document,) = (e for e in episodes if e["kind"] == "document")
    (trajectory,) = (e for e in episodes if e["kind"] == "trajectory")

    assert document["metadata"]["title"]
    assert len(document["content"].split()) > 400
    assert all(
        step.keys() == {"state", "action", "observation", "outcome"} for step in trajectory["steps"]
    )


def test_questions_rest_on_evidence_that_exists(corpus: dict[str, Any]) -> None:
    ids = {e["external_id"] for e in corpus["episodes"]}

    assert len(corpus["questions"]) >= 20
    for question in corpus["questions"]:
        assert ids.issuperset(question["evidence"]), question
        assert bool(question["evidence"]) == (question["about"] != "absent"), question
        assert question["about"] in {"single", "multi", "temporal", "update", "absent"}
