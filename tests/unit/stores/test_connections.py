"""Communities of entities, and the shortest ways from one to another."""

from __future__ import annotations

import pytest

from stores.connections import Tie, communities, shortest
from tests.fixtures.records import memory_id


def _tie(source: int, target: int, **over: int) -> Tie:
    """Over a relation unless a memory is given."""
    given = over or {"relation": source * 100 + target}
    ids = {f"{name}_id": memory_id(number) for name, number in given.items()}
    return Tie(source=memory_id(source), target=memory_id(target), **ids)


def _ways(ties: list[Tie], *, longest: int = 4, most: int = 3) -> list[list[int]]:
    """The relations and memories from 1 to 9."""
    ways = shortest(ties, memory_id(1), memory_id(9), longest=longest, most=most)
    return [[(tie.relation_id or tie.memory_id or memory_id(0)).int for tie in w] for w in ways]


def test_two_circles_are_two_communities_whatever_order_they_come_in() -> None:
    circles = [(1, 2), (2, 3), (3, 1), (6, 7), (7, 8), (8, 9), (9, 6), (6, 8), (3, 6)]
    ties = [_tie(*ends) for ends in circles]
    members = [memory_id(number) for number in (1, 2, 3, 4, 6, 7, 8, 9)]
    found = communities(members, ties)
    groups = [sorted(m.int for m in found if found[m] == n) for n in range(3)]
    assert groups == [[6, 7, 8, 9], [1, 2, 3], [4]]
    for turn in range(1, 8):
        turned = members[turn:] + members[:turn]
        assert communities(turned, [*ties[turn:], *ties[:turn]][::-1]) == found


@pytest.mark.parametrize(
    ("ties", "ways"),
    [
        ([_tie(1, 9)], [[109]]),
        ([_tie(9, 1)], [[901]]),
        ([_tie(1, 2), _tie(2, 9), _tie(1, 9)], [[109], [102, 209]]),
        ([_tie(1, 9, memory=7), _tie(1, 9, relation=5)], [[5]]),
        ([_tie(1, 9, relation=5), _tie(9, 1, relation=6)], [[6]]),
        ([_tie(1, 2, memory=7), _tie(2, 9, memory=8), _tie(1, 3), _tie(3, 9)],
         [[103, 309], [7, 8]]),
        ([_tie(1, 2, memory=7), _tie(2, 9, memory=7), _tie(1, 9, memory=7)], [[7]]),
        ([_tie(1, 2), _tie(2, 3), _tie(3, 4), _tie(4, 5), _tie(5, 9)], []),
        ([_tie(1, 2), _tie(3, 9)], []),
        ([_tie(1, 1)], []),
        ([], []),
    ],
)  # fmt: skip
def test_the_shortest_ways_come_first(ties: list[Tie], ways: list[list[int]]) -> None:
    assert _ways(ties) == ways


def test_ways_are_as_many_and_as_long_as_asked_for() -> None:
    ties = [tie for middle in (2, 3, 4) for tie in (_tie(1, middle), _tie(middle, 9))]
    assert len(_ways(ties, most=2)) == 2
    assert _ways(ties, longest=1) == []


def test_nothing_leads_from_an_entity_to_itself() -> None:
    ties = [_tie(1, 2), _tie(2, 1)]
    assert shortest(ties, memory_id(1), memory_id(1), longest=4, most=3) == []
