"""A graph as one matrix: entities and the memories that name them, and what joins them.

Undirected and weighted: a relation counts 1 for each memory that claims it, a mention 1, a synonym
its likeness. What was merged is one node.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy import float32
from numpy.typing import NDArray
from scipy import sparse

from stores.graph_reading import ID, Changes, Ids, Rows

Floats = NDArray[float32]
Positions = NDArray[np.intp]

NOWHERE = -1
_EMPTY: Ids = np.zeros(0, dtype=ID)
#: Of a space that has no graph.
NO_ROWS = Rows(
    merged=_EMPTY, merged_into=_EMPTY, relations=_EMPTY, subjects=_EMPTY, objects=_EMPTY,
    ends=np.zeros(0), units=_EMPTY, named=_EMPTY, ones=_EMPTY, others=_EMPTY,
    likenesses=np.zeros(0, dtype=float32),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Snapshot:
    """n nodes in the order of their ids."""

    rows: Rows
    #: (n,)
    ids: Ids
    #: (n, n) symmetric, in compressed rows.
    weights: Any
    #: (n,) 1 / the sum of the weights of each node.
    share: Floats
    #: (n,) which of them are memories.
    is_unit: NDArray[np.bool_]
    #: (n,) how many memories name each entity.
    holders: Floats
    #: When the next edge ends, in seconds since 1970.
    ends_at: float

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def size(self) -> int:
        """In bytes."""
        matrix = self.weights
        columns = (matrix.data, matrix.indices, matrix.indptr, self.ids, self.share, self.is_unit)
        return self.rows.size + self.holders.nbytes + sum(column.nbytes for column in columns)

    def find(self, ids: Ids) -> Positions:
        """Where each is, by what it was merged into; NOWHERE if nothing joins it to anything."""
        return _places(self.ids, _resolved(self.rows, ids))


def build(rows: Rows, now: float) -> Snapshot:
    """The graph at a moment, in seconds since 1970; an edge that has ended is left out."""
    holds = rows.ends > now
    sources = (rows.subjects[holds], rows.units, rows.ones)
    targets = (rows.objects[holds], rows.named, rows.others)
    heads, tails = (_resolved(rows, np.concatenate(ends)) for ends in (sources, targets))
    counts = (np.ones(int(holds.sum()) + len(rows.units), dtype=float32), rows.likenesses)
    joins = heads != tails
    heads, tails, strength = heads[joins], tails[joins], np.concatenate(counts)[joins]
    ids, places = np.unique(np.concatenate([heads, tails]), return_inverse=True)
    weights = _symmetric(places[: len(heads)], places[len(heads) :], strength, len(ids))
    units = _places(ids, np.unique(rows.units))
    is_unit = np.zeros(len(ids), dtype=np.bool_)
    is_unit[units[units != NOWHERE]] = True
    coming = rows.ends[holds & np.isfinite(rows.ends)]
    return Snapshot(
        rows=rows,
        ids=ids,
        weights=weights,
        share=np.reciprocal(weights.sum(axis=1), dtype=float32),
        is_unit=is_unit,
        holders=np.asarray((weights > 0) @ is_unit.astype(float32)),
        ends_at=float(coming.min(initial=np.inf)),
    )


def followed(known: Rows, changes: Changes) -> Rows:
    """The rows after a change; where it brings all, those alone."""
    came = changes.rows
    if changes.whole:
        return came
    old = _only(
        known, ~np.isin(known.merged, came.merged), ~np.isin(known.relations, came.relations)
    )
    new = _only(came, came.merged != came.merged_into, came.ends > -np.inf)
    return Rows(**{n: np.concatenate([getattr(old, n), getattr(new, n)]) for n in Rows.__slots__})


def _only(rows: Rows, merges: NDArray[np.bool_], claims: NDArray[np.bool_]) -> Rows:
    return replace(
        rows,
        merged=rows.merged[merges],
        merged_into=rows.merged_into[merges],
        relations=rows.relations[claims],
        subjects=rows.subjects[claims],
        objects=rows.objects[claims],
        ends=rows.ends[claims],
    )


def _resolved(rows: Rows, ids: Ids) -> Ids:
    """What each id was merged into, or itself."""
    if not len(rows.merged):
        return ids
    order = np.argsort(rows.merged)
    places = _places(rows.merged[order], ids)
    return np.where(places == NOWHERE, ids, rows.merged_into[order][places])


def _places(sought_in: Ids, ids: Ids) -> Positions:
    """(n,) where each of the ids is among sorted ones, else NOWHERE."""
    if not len(sought_in):
        return np.full(len(ids), NOWHERE, dtype=np.intp)
    places = np.minimum(np.searchsorted(sought_in, ids), len(sought_in) - 1)
    return np.where(sought_in[places] == ids, places, NOWHERE)


def _symmetric(heads: Positions, tails: Positions, strength: Floats, n: int) -> Any:
    """(n, n) with every edge in both directions; edges between the same two add up."""
    ends = (
        np.concatenate([heads, tails]).astype(np.int32),
        np.concatenate([tails, heads]).astype(np.int32),
    )
    return sparse.csr_array((np.concatenate([strength, strength]), ends), shape=(n, n))
