"""What the graph channel found counts by its own score, and only for passages."""

from __future__ import annotations

from dataclasses import replace

from retrieval.features import FEATURES
from retrieval.fusion import places, scores
from stores.search import Found
from tests.fixtures.candidates import asked, found, row
from tests.fixtures.records import memory_id


def test_nearness_counts_for_passages_and_not_for_what_somebody_said() -> None:
    made = found("lamp", [row(1), row(2, speaker="Nora"), row(3, session_id="s"), row(4)])
    pool = [Found(memory_id(number), 1, 1, 0, 0.5) for number in (1, 2, 3)]
    near = scores(places(made, {"graph": pool}), "graph")
    assert near.tolist() == [0.5, 0.5, 0.5, 0]
    question = replace(asked("lamp", made), graph=near)
    assert FEATURES["graph"](made, question).tolist() == [0.5, 0, 0, 0]


def test_where_nobody_looked_nothing_is_near() -> None:
    made = found("lamp", [row(1), row(2)])
    assert FEATURES["graph"](made, asked("lamp", made)).tolist() == [0, 0]
