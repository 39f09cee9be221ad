"""What loses every source when something goes."""

from __future__ import annotations

import pytest

from stores.provenance import Edge, without_support
from tests.fixtures.records import memory_id


def _edges(*pairs: tuple[int, int]) -> list[Edge]:
    """Pairs of (memory, what it rests on)."""
    return [
        Edge(memory_id=memory_id(memory), source_id=memory_id(source), kind="evidence")
        for memory, source in pairs
    ]


@pytest.mark.parametrize(
    ("roots", "edges", "lost"),
    [
        pytest.param([1], [], [], id="nothing rests on it"),
        pytest.param([1], [(10, 1)], [10], id="one fact"),
        pytest.param([1], [(10, 1), (10, 2)], [], id="a fact with another source"),
        pytest.param([1, 2], [(10, 1), (10, 2)], [10], id="both sources go"),
        pytest.param([1], [(10, 1), (20, 10), (30, 20)], [10, 20, 30], id="a chain"),
        pytest.param([1], [(10, 1), (20, 10), (20, 2)], [10], id="a chain held from the side"),
        pytest.param([1], [(10, 1), (10, 2), (20, 10)], [], id="what rests on what stays, stays"),
        pytest.param([1], [(10, 1), (11, 1), (20, 10), (20, 11)], [10, 11, 20], id="a diamond"),
        pytest.param([1], [(10, 1), (11, 1), (11, 2), (20, 10), (20, 11)], [10],
                     id="a diamond with one side held"),
        pytest.param([1], [(10, 1), (20, 3)], [10], id="what rests elsewhere"),
        pytest.param([10], [(10, 1), (20, 10)], [20], id="from the middle down"),
    ],
)  # fmt: skip
def test_what_loses_every_source_goes(
    roots: list[int], edges: list[tuple[int, int]], lost: list[int]
) -> None:
    found = without_support(map(memory_id, roots), _edges(*edges))
    assert sorted(found) == [memory_id(number) for number in lost]
