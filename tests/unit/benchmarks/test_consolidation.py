"""What is counted when hits are read until a budget is spent."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.consolidation import spend, text_of, tokens_for
from benchmarks.quality.metrics import tokens
from benchmarks.talks import Question

QUESTION = Question(text="?", category=4, answer="red bicycle", gold=frozenset({"D1:1", "D1:2"}))


def _hit(content: str, *turns: str, kind: str = "message") -> dict[str, Any]:
    when = {"occurred_at": "2024-05-06T09:00:00Z", "valid_at": None}
    memory = {"kind": kind, "content": content, "time": when, "data": {"speaker": "Ana"}}
    return {"memory": memory, "turns": list(turns)}


def test_hits_are_read_until_the_budget_is_spent() -> None:
    hits = [_hit("a red kite", "D1:1", "D2:7"), _hit("the bicycle", "D1:2"), _hit("no", "D3:1")]
    first = tokens("[2024-05-06] Ana: a red kite")
    both = first + tokens("[2024-05-06] Ana: the bicycle")
    assert spend(hits, QUESTION, first - 1) == (0, 0.0, 0.0)
    assert spend(hits, QUESTION, first) == (first, 0.5, 0.5)
    assert spend(hits, QUESTION, both) == (both, 1.0, 1.0)


def test_a_summary_tells_its_dates_itself() -> None:
    assert text_of(_hit("6 May 2024\nAna: hi", kind="summary")["memory"]) == "6 May 2024\nAna: hi"


@pytest.mark.parametrize(("wanted", "expected"), [(20.0, 50.0), (30.0, 75.0), (40.0, 100.0)])
def test_between_budgets_tokens_rise_with_the_value(wanted: float, expected: float) -> None:
    rows = [{"tokens": 50.0, "evidence": 20.0}, {"tokens": 100.0, "evidence": 40.0}]
    assert tokens_for(rows, "evidence", wanted) == expected
    assert tokens_for(rows, "evidence", 41.0) is None
