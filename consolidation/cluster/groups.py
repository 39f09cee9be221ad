"""Groups of points: found by a mixture, none too large, and new points given to the likeliest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from consolidation.cluster.mixture import Floats, Mixture, best, fit, reduced

#: Points of a group, at least and at most.
SMALLEST, LARGEST = 3, 30
#: Fewer points than this tell nothing of groups.
FEWEST = 8
#: Principal components that are looked at.
DIMENSIONS = 10
SEED = 7
#: Numbers of groups that are tried.
_SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 50)
#: How much farther from its mean than the farthest of a group a new point may lie.
_BEYOND = 1.25
#: A component of so few points is no pattern.
_PER_GROUP = 4

Indexes = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Points by number, and how surely each is of the group, 0..1."""

    members: tuple[int, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a new point belongs: the number of its group, and how surely."""

    group: int
    weight: float


def find_groups(points: Floats) -> tuple[Group, ...]:
    """The groups, by their first member; none where the points do not fall into any."""
    if len(points) < FEWEST:
        return ()
    flat = reduced(points, DIMENSIONS)
    mixture = best(flat, _sizes(len(flat)), seed=SEED)
    if mixture.size == 1:
        return ()
    found = [
        group
        for members, weights in _parts(flat, mixture)
        for group in _bounded(flat, members, weights)
        if len(group.members) >= SMALLEST
    ]
    return tuple(sorted(found, key=lambda group: group.members))


def assign(points: Floats, groups: Sequence[Sequence[int]], new: Floats) -> list[Place | None]:
    """The likeliest group of each new point, given the points of each.

    None for one that lies outside of all groups, or whose group is full already.
    """
    if not len(new) or any(len(group) < 2 for group in groups) or not groups:
        return [None] * len(new)
    flat = reduced(np.vstack([points, new]), DIMENSIONS)
    known, fresh = flat[: len(points)], flat[len(points) :]
    mixture = _of_groups(known, groups)
    farthest = np.array([
        np.linalg.norm(known[list(g)] - mean, axis=1).max()
        for g, mean in zip(groups, mixture.means, strict=True)
    ])  # fmt: skip
    sizes = [len(group) for group in groups]
    places: list[Place | None] = []
    for point, shares in zip(fresh, mixture.posterior(fresh), strict=True):
        group = int(shares.argmax())
        # A group's own points are nearer to its mean than others of its kind: they made it.
        own = sqrt((sizes[group] + 1) / (sizes[group] - 1))
        near = np.linalg.norm(point - mixture.means[group]) <= _BEYOND * own * farthest[group]
        if not near or sizes[group] >= LARGEST:
            places.append(None)
            continue
        sizes[group] += 1
        places.append(Place(group=group, weight=round(float(shares[group]), 4)))
    return places


def _sizes(n: int) -> list[int]:
    return [size for size in _SIZES if size == 1 or size * _PER_GROUP <= n]


def _parts(points: Floats, mixture: Mixture) -> list[tuple[Indexes, Floats]]:
    """The points of each component, each with the one it most likely is of."""
    shares = mixture.posterior(points)
    chosen = shares.argmax(axis=1)
    parts = [np.flatnonzero(chosen == part) for part in range(mixture.size)]
    return [(part, shares[part, number]) for number, part in enumerate(parts) if len(part)]


def _bounded(points: Floats, members: Indexes, weights: Floats) -> list[Group]:
    """The group itself if it is small enough, else its parts."""
    if len(members) <= LARGEST:
        numbers = tuple(int(member) for member in members)
        return [Group(members=numbers, weights=tuple(round(float(w), 4) for w in weights))]
    pieces = ceil(len(members) / LARGEST)
    own = points[members]
    parts = [part for part, _ in _parts(own, fit(own, pieces, seed=SEED))]
    if len(parts) == 1:
        # All alike: nothing tells them apart but their order.
        parts = np.array_split(np.arange(len(members)), pieces)
    return [g for part in parts for g in _bounded(points, members[part], weights[part])]


def _of_groups(points: Floats, groups: Sequence[Sequence[int]]) -> Mixture:
    """The mixture that groups are of; each width leans on the common one, as if by SMALLEST."""
    sizes = np.array([len(group) for group in groups], dtype=np.float64)
    means = np.array([points[list(group)].mean(axis=0) for group in groups])
    own = np.array([
        ((points[list(g)] - mean) ** 2).mean() for g, mean in zip(groups, means, strict=True)
    ])  # fmt: skip
    common = float((own * sizes).sum() / sizes.sum())
    widths = (own * sizes + common * SMALLEST) / (sizes + SMALLEST)
    return Mixture(
        weights=sizes / sizes.sum(), means=means, variances=np.maximum(widths, 1e-4), bic=0.0
    )
