"""Mixtures, groups and associations: found where there are any, the same every time, bounded."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from consolidation.cluster.association import LEAST, MOST, standing_out
from consolidation.cluster.groups import FEWEST, LARGEST, SMALLEST, assign, find_groups
from consolidation.cluster.mixture import best, fit
from consolidation.cluster.naming import named
from stores.ids import MemoryId

SPACE = UUID(int=1)
Floats = NDArray[np.float64]


def clouds(*sizes: int, dimensions: int = 16, width: float = 0.02, seed: int = 0) -> Floats:
    """Points around as many directions, each at a right angle to the others."""
    chance = np.random.default_rng(seed)
    rows = [
        np.eye(dimensions)[number] + chance.normal(0, width, dimensions)
        for number, size in enumerate(sizes)
        for _ in range(size)
    ]
    points = np.array(rows)
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


def ids(*numbers: int) -> set[MemoryId]:
    return {MemoryId(UUID(int=number)) for number in numbers}


def test_bic_finds_how_many_components_there_are() -> None:
    points = clouds(20, 20, 20)
    assert best(points, (1, 2, 3, 4, 6), seed=7).size == 3
    assert best(clouds(40), (1, 2, 3), seed=7).size == 1


def test_a_point_is_surely_of_one_component_or_another() -> None:
    points = clouds(12, 12)
    shares = fit(points, 2, seed=7).posterior(points)
    assert np.allclose(shares.sum(axis=1), 1)
    assert (shares.max(axis=1) > 0.99).all()


def test_the_groups_are_those_that_the_points_fall_into() -> None:
    found = find_groups(clouds(10, 6, 8))
    assert [group.members for group in found] == [
        tuple(range(10)),
        tuple(range(10, 16)),
        tuple(range(16, 24)),
    ]
    assert all(0.5 < weight <= 1 for group in found for weight in group.weights)


@pytest.mark.parametrize("points", [clouds(5), clouds(40), clouds(FEWEST - 1)])
def test_without_groups_there_are_none(points: Floats) -> None:
    assert find_groups(points) == ()


@pytest.mark.parametrize("same", [True, False])
def test_a_large_group_is_divided_even_if_nothing_tells_its_points_apart(same: bool) -> None:
    points = clouds(90, 10, width=0.0 if same else 0.02)
    found = find_groups(points)
    assert max(len(group.members) for group in found) <= LARGEST
    assert {n for group in found for n in group.members} >= set(range(90, 100))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(3, 40), min_size=1, max_size=4),
    st.floats(0.0, 0.3),
    st.integers(0, 1000),
)
def test_groups_are_bounded_disjoint_and_the_same_every_time(
    sizes: list[int], width: float, seed: int
) -> None:
    points = clouds(*sizes, width=width, seed=seed)
    found = find_groups(points)
    assert found == find_groups(points)
    members = [member for group in found for member in group.members]
    assert len(members) == len(set(members))
    assert all(SMALLEST <= len(group.members) <= LARGEST for group in found)


def test_a_new_point_is_given_to_the_group_it_lies_in_and_to_none_if_it_lies_outside() -> None:
    points = clouds(10, 10)
    groups = [range(10), range(10, 20)]
    new = np.vstack([points[3], points[14], np.eye(16)[5]])
    first, second, outside = assign(points, groups, new)
    assert first is not None
    assert second is not None
    assert (first.group, second.group, outside) == (0, 1, None)
    assert min(first.weight, second.weight) > 0.9


def test_a_full_group_takes_no_more() -> None:
    points = clouds(LARGEST - 1, 5)
    groups = [range(LARGEST - 1), range(LARGEST - 1, LARGEST + 4)]
    places = assign(points, groups, points[[2, 3]])
    assert [place and place.group for place in places] == [0, None]
    assert assign(points, [], points[:2]) == [None, None]


@pytest.mark.parametrize(
    ("similarities", "expected"),
    [
        ([0.9, 0.88, 0.2, 0.21, 0.19, 0.2, 0.22], [0, 1]),
        ([0.2, 0.21, 0.9, 0.19, 0.2, 0.22, 0.88], [2, 6]),
        ([0.5] * 10, []),
        ([0.9, 0.1, 0.1], []),
        ([0.3, 0.31, 0.02, 0.03, 0.01, 0.02, 0.03], []),
    ],
)
def test_associated_is_what_stands_out(similarities: list[float], expected: list[int]) -> None:
    assert standing_out(similarities) == expected


@given(st.lists(st.floats(-1, 1), max_size=40))
@settings(max_examples=60, deadline=None)
def test_no_more_stand_out_than_may_and_none_is_unlike(similarities: list[float]) -> None:
    chosen = standing_out(similarities)
    assert len(chosen) <= MOST
    assert all(similarities[number] >= LEAST for number in chosen)
    values = [similarities[number] for number in chosen]
    assert values == sorted(values, reverse=True)


def test_a_group_keeps_its_id_as_long_as_it_keeps_its_members() -> None:
    one, other = UUID(int=11), UUID(int=12)
    former = {one: ids(1, 2, 3), other: ids(4, 5, 6)}
    grown, new, kept = named([ids(4, 5, 6, 7), ids(8, 9), ids(1, 2, 3)], former, SPACE)
    assert (grown, kept) == (other, one)
    assert new not in former


@given(
    st.lists(st.frozensets(st.integers(0, 8), min_size=1, max_size=5), max_size=5),
    st.lists(st.frozensets(st.integers(0, 8), min_size=1, max_size=5), max_size=4),
)
def test_no_two_groups_get_one_id(
    groups: list[frozenset[int]], former: list[frozenset[int]]
) -> None:
    known = {UUID(int=100 + n): ids(*group) for n, group in enumerate(former)}
    found = named([ids(*group) for group in groups], known, SPACE)
    assert len(set(found)) == len(groups)
    assert found == named([ids(*group) for group in groups], known, SPACE)
