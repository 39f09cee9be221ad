"""Personalised PageRank: how much of what keeps starting at the seeds is where (Haveliwala 2002).

As HippoRAG 2 ranks passages (arXiv:2502.14802): p = (1 - d) r + d Wᵀ p, by power iteration. The
graph is undirected, so Wᵀ p is the weights times what each node hands on to each of its edges.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import float32
from numpy.typing import NDArray

Floats = NDArray[float32]

#: How much is handed on; the rest starts again at the seeds. Between the .5 of HippoRAG and the .85
#: of the web: what lies two steps away must count (chosen on MuSiQue).
DAMPING = 0.7
#: Damping to this power is what may be missing at most.
ITERATIONS = 30
TOLERANCE = 1e-6


def pagerank(weights: Any, share: Floats, restart: Floats) -> Floats:
    """(n,) summing to 1 from (n, n) symmetric sparse `weights` and (n,) where it starts.

    `share` is 1 / the sum of each row. Every node has an edge.
    """
    start = (restart / restart.sum()).astype(float32)
    p = start
    for _ in range(ITERATIONS):
        following = (1 - DAMPING) * start + DAMPING * (weights @ (p * share))
        moved = float(np.abs(following - p).sum())
        p = following
        if moved < TOLERANCE:
            break
    return np.asarray(p, dtype=float32)
