"""Derived blocks: the same statements read the same to the byte, within the budget."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from consolidation.blocks.rendering import render
from stores.blocks import Statement
from stores.ids import MemoryId

START = datetime(2024, 5, 8, tzinfo=UTC)


def told(number: int, content: str = "Nora likes tea", **more: object) -> Statement:
    values = {"kind": "preference", "valid_at": None, "importance": 0.5, **more}
    return Statement(id=MemoryId(UUID(int=number)), content=content, **values)  # type: ignore[arg-type]


def test_a_line_says_what_holds_and_since_when() -> None:
    found = render([told(1, "Nora likes\n tea", valid_at=START)])
    assert found.text == "- Nora likes tea (since 8 May 2024)"
    assert found.sources == (MemoryId(UUID(int=1)),)


def test_nothing_told_says_nothing() -> None:
    assert render([]).text == ""


def test_what_is_said_twice_is_told_once() -> None:
    assert render([told(1), told(2)]).text == "- Nora likes tea"


def test_what_does_not_fit_is_left_out_the_least_important_and_oldest_first() -> None:
    rows = [
        told(1, "a" * 20, importance=0.9),
        told(2, "b" * 20, valid_at=START),
        told(3, "c" * 20, valid_at=START + timedelta(days=9)),
    ]
    found = render(rows, budget=70)
    assert MemoryId(UUID(int=2)) not in found.sources
    assert len(found.sources) == 2


STATEMENTS = st.lists(
    st.builds(
        told,
        st.integers(1, 99),
        st.text("abc ", min_size=1, max_size=30).filter(str.strip),
        importance=st.sampled_from([0.2, 0.5, 0.9]),
        predicate=st.sampled_from([None, "likes", "owns"]),
        valid_at=st.none() | st.integers(0, 99).map(lambda n: START + timedelta(days=n)),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@given(STATEMENTS, st.integers(0, 200), st.randoms())
def test_a_block_is_within_its_budget_whatever_order_it_is_made_from(
    rows: list[Statement], budget: int, chance: random.Random
) -> None:
    found = render(rows, budget)
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert render(shuffled, budget) == found
    assert len(found.text) <= budget
    assert len(found.sources) == len(found.text.splitlines())
