"""A packed text says which of its memories contradict each other, within its budget."""

from __future__ import annotations

from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.packing import count_tokens, pack
from retrieval.packing.disagreeing import MOST, left_beside, told
from retrieval.packing.rendering import CLOSING
from tests.fixtures.records import Shown, cube, memory_id

Numbers: TypeAlias = list[tuple[int, int]]

_HITS = [
    Shown(memory=cube(n, f"Ana lives in {place}, as she said"), relevance=0.9)
    for n, place in enumerate(("Lisbon", "Porto", "Faro", "Braga"), 1)
]


def _pairs(numbers: Numbers) -> tuple[tuple[object, object], ...]:
    return tuple((memory_id(one), memory_id(other)) for one, other in numbers)


@pytest.mark.parametrize(
    ("pairs", "line"),
    [
        ([], None),
        ([(1, 9)], None),
        ([(3, 1)], "At odds: [1] and [3]."),
        ([(3, 4), (1, 2), (2, 8)], "At odds: [1] and [2], [3] and [4]."),
    ],
)
def test_the_last_line_names_the_pairs_that_are_there(pairs: Numbers, line: str | None) -> None:
    packed = told(pack(_HITS, 400), _pairs(pairs), 400)  # type: ignore[arg-type]
    last = packed.text.splitlines()[-2:]
    assert last[1] == CLOSING
    assert (last[0] == line) if line else not packed.text.count("At odds")
    assert packed.tokens == count_tokens(packed.text)
    assert len(packed.at_odds) == (0 if line is None else line.count(" and "))


def test_not_more_pairs_are_told_than_can_be_taken_in() -> None:
    hits = [Shown(memory=cube(n, f"The lamp has the colour {n}"), relevance=0.9) for n in range(9)]
    every = [(one, other) for one in range(9) for other in range(one)]
    packed = told(pack(hits, 600), _pairs(every), 600)  # type: ignore[arg-type]
    assert packed.text.splitlines()[-2].count(" and ") == MOST
    assert len(packed.at_odds) > MOST


@given(st.integers(0, 300), st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), max_size=9))
def test_the_budget_holds_with_the_line(budget: int, numbers: Numbers) -> None:
    pairs = _pairs([pair for pair in numbers if pair[0] != pair[1]])
    packed = pack(_HITS, left_beside(pairs, budget))  # type: ignore[arg-type]
    assert told(packed, pairs, budget).tokens <= budget  # type: ignore[arg-type]
