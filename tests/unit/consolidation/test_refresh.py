"""What a change does to what rests on it: all of that, and nothing else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidation.refresh.fates import Fate, fates
from stores.dependents import Dependent
from stores.ids import MemoryId


def one(number: int, *upon: int, **more: Any) -> Dependent:
    """A dependent that rests on others."""
    return Dependent(id=_id(number), upon=tuple(map(_id, upon)), **more)


def _id(number: int) -> MemoryId:
    return MemoryId(UUID(int=number))


@pytest.mark.parametrize(
    ("dependents", "expected"),
    [
        ([one(1), one(2, 1)], {}),
        (
            [one(1, changed=True), one(2, 1), one(3, 2), one(4)],
            {1: "stale", 2: "stale", 3: "stale"},
        ),
        ([one(1, changed=True, stands=False)], {1: "bereft"}),
        # A month of one day goes with it; a month that has turns of its own says too much.
        (
            [one(1, changed=True, stands=False), one(2, 1, stands=False), one(3, 1)],
            {1: "bereft", 2: "bereft", 3: "stale"},
        ),
        ([one(1, stands=False), one(2), one(3, 1, 2, stands=False)], {1: "bereft", 3: "stale"}),
        # In whatever order they come.
        ([one(3, 2), one(2, 1), one(1, changed=True)], {1: "stale", 2: "stale", 3: "stale"}),
        # What is no dependent any more is not among them.
        ([one(2, 1)], {}),
    ],
)
def test_fates(dependents: list[Dependent], expected: dict[int, str]) -> None:
    assert fates(dependents) == {_id(n): Fate(fate) for n, fate in expected.items()}


@st.composite
def graphs(draw: st.DrawFn) -> list[Dependent]:
    """Dependents that rest on earlier ones."""
    made = []
    for number in range(draw(st.integers(1, 8))):
        upon = draw(st.sets(st.integers(0, number - 1))) if number else set()
        stands, changed = draw(st.booleans()), draw(st.booleans())
        made.append(one(number, *sorted(upon), changed=changed, stands=stands))
    return made


@given(graphs(), st.randoms())
def test_only_what_rests_on_a_change_has_a_fate(drawn: list[Dependent], random: Any) -> None:
    found = fates(drawn)
    shuffled = [*drawn]
    random.shuffle(shuffled)
    assert fates(shuffled) == found
    for each in drawn:
        touched = each.changed or not each.stands or any(s in found for s in each.upon)
        if not touched:
            assert each.id not in found
        if each.changed:
            assert each.id in found
        if each.stands:
            assert found.get(each.id) is not Fate.BEREFT
