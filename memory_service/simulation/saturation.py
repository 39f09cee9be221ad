"""How a quality goes down as a memory fills; pure functions."""

from __future__ import annotations

from collections.abc import Sequence

#: A memory is saturated where the quality is so far below the best before, twice in a row.
_DROP = 0.05

#: Stored units, and the quality then.
Point = tuple[float, float]


def slope(points: Sequence[Point]) -> float | None:
    """Change of the quality per 1,000 units stored, by least squares; None for a single amount."""
    if not points:
        return None
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if spread == 0:
        return None
    return 1000 * sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


def saturated_at(points: Sequence[Point]) -> float | None:
    """The units at the first of two points in a row that lie 5 points below the best before."""
    best = float("-inf")
    fallen: float | None = None
    for units, quality in points:
        if quality > best - _DROP:
            fallen = None
        elif fallen is not None:
            return fallen
        else:
            fallen = units
        best = max(best, quality)
    return None
