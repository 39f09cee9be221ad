"""Which memories the names of a question lead to, and how strongly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from retrieval.graph.ppr import pagerank
from retrieval.graph.snapshot import NOWHERE, Snapshot
from stores.graph_reading import packed, unpacked
from stores.ids import MemoryId

#: Who gets so little of what the best one gets is not reached. Above, orders of magnitude count: a
#: step further from a name is worth a tenth or a hundredth of it, not next to nothing.
LEAST = 1e-4


def reached(snapshot: Snapshot, named: Sequence[MemoryId], most: int) -> dict[MemoryId, float]:
    """The memories that PageRank gives most from entities, 0..1, best first.

    An entity that many memories name starts with less: one over their number (HippoRAG's node
    specificity, arXiv:2405.14831).
    """
    places = snapshot.find(packed(named))
    seeds = np.unique(places[places != NOWHERE])
    if not seeds.size:
        return {}
    restart = np.zeros(len(snapshot), dtype=np.float32)
    restart[seeds] = 1 / np.maximum(snapshot.holders[seeds], 1)
    units = np.flatnonzero(snapshot.is_unit)
    got = pagerank(snapshot.weights, snapshot.share, restart)[units]
    best = np.argsort(-got, kind="stable")[:most]
    best = best[got[best] > LEAST * got.max(initial=0)]
    scores = 1 - np.log(got[best] / got.max(initial=0)) / np.log(LEAST)
    return dict(zip(unpacked(snapshot.ids[units[best]]), scores.tolist(), strict=True))
