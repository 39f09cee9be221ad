"""Communities: what hangs together, the same every time; new entities join their neighbours."""

from __future__ import annotations

from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consolidation.community.finding import SMALLEST, find_communities, plurality
from stores.communities import Tied
from stores.ids import MemoryId

A, B = UUID(int=101), UUID(int=102)


def e(number: int) -> MemoryId:
    return MemoryId(UUID(int=number))


def tied(one: int, other: int, weight: float = 1.0) -> Tied:
    return Tied(e(min(one, other)), e(max(one, other)), weight)


def clique(*numbers: int) -> list[Tied]:
    return [tied(one, other) for one, other in combinations(numbers, 2)]


def test_two_circles_with_one_acquaintance_are_two_communities() -> None:
    ties = [*clique(1, 2, 3, 4), *clique(5, 6, 7), tied(4, 5, 0.25)]
    first, second = find_communities(ties)
    assert set(first.members) == {e(1), e(2), e(3), e(4)}
    assert set(second.members) == {e(5), e(6), e(7)}


def test_the_most_tied_member_is_at_the_centre() -> None:
    [found] = find_communities([tied(1, n, 2) for n in (2, 3, 4)])
    assert found.members[e(1)] == 1
    assert all(found.members[e(n)] < 1 for n in (2, 3, 4))


def test_a_pair_is_no_community() -> None:
    assert find_communities([tied(1, 2)]) == ()
    assert find_communities([]) == ()


@settings(max_examples=40, deadline=None)
@given(st.sets(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=30))
def test_communities_are_disjoint_and_do_not_depend_on_the_order(
    pairs: set[tuple[int, int]],
) -> None:
    ties = [tied(*pair) for pair in sorted(pairs) if pair[0] < pair[1]]
    found = find_communities(ties)
    assert found == find_communities(ties[::-1])
    members = [entity for one in found for entity in one.members]
    assert len(members) == len(set(members))
    assert all(len(one.members) >= SMALLEST for one in found)


@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        ([tied(9, 1), tied(9, 2), tied(9, 5)], {e(9): A}),
        ([tied(9, 1), tied(9, 5, 3)], {e(9): B}),
        ([tied(9, 1)], {}),
        ([tied(9, 8), tied(9, 7)], {}),
        ([tied(1, 5)], {}),
        ([tied(9, 1), tied(9, 2), tied(9, 5), tied(9, 6)], {e(9): A}),
    ],
)
def test_a_new_entity_joins_the_plurality_of_its_neighbours(
    ties: list[Tied], expected: dict[MemoryId, UUID]
) -> None:
    known = {e(1): A, e(2): A, e(5): B, e(6): B}
    assert plurality(ties, known) == expected
