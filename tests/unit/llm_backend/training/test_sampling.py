"""Sampling: every memory is seen equally often, and a step needs nothing but its number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from llm_backend.training.events import Finished, Stepped, from_line, to_line
from llm_backend.training.sampling import batch, grouped


@dataclass(frozen=True)
class Row:
    group: str
    key: str
    form: int


def rows(keys: int, forms: int = 3) -> list[Row]:
    return [Row("taught", f"k{k}", f) for k in range(keys) for f in range(forms)]


@given(st.integers(1, 12), st.integers(1, 9), st.integers(1, 30), st.integers(0, 99))
def test_every_key_has_its_turn(keys: int, size: int, steps: int, seed: int) -> None:
    groups = grouped(rows(keys))
    seen = Counter(
        row.key for step in range(steps) for row in batch(groups, {"taught": size}, seed, step)
    )
    assert sum(seen.values()) == size * steps
    assert max(seen.values()) - min(seen.get(f"k{k}", 0) for k in range(keys)) <= 1


def test_forms_and_orders_differ_from_turn_to_turn() -> None:
    groups = grouped(rows(6))
    turns = [tuple(batch(groups, {"taught": 6}, 1, step)) for step in range(20)]
    assert len({tuple(row.key for row in turn) for turn in turns}) > 10
    assert {row.form for turn in turns for row in turn} == {0, 1, 2}


def test_a_group_that_is_not_there_is_left_out() -> None:
    assert batch(grouped(rows(2)), {"taught": 1, "replay": 4}, 1, 0)
    assert batch({}, {"taught": 4}, 1, 0) == []


def test_what_is_said_is_understood_and_other_lines_are_not() -> None:
    for event in (
        Stepped(step=3, steps=9, loss=0.5, seconds=1.5),
        Finished(step=9, stopped="time", seconds=2.0, memory_mb=7),
    ):
        assert from_line(to_line(event)) == event
    for noise in (
        "",
        "Loading weights: 100%",
        "{}",
        '{"event": "boo"}',
        "[1]",
        '{"event": "asked"}',
    ):
        assert from_line(noise) is None
