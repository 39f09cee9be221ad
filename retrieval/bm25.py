"""BM25: Robertson & Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), §3.1.

    sum over terms of idf · (k1 + 1) · tf / (tf + k1 · (1 - b + b · length / mean length))

The channel computes it in the database over all postings, the ranking over the candidates alone;
both take it from here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Turns of a conversation are short, and their length says little.
K1, B = 1.2, 0.4


def idf(parts: int, counts: Sequence[int]) -> NDArray[np.float64]:
    """(terms,) ln(1 + (N - n + 0.5) / (n + 0.5)) for terms in `counts` of N parts."""
    n = np.array(counts, dtype=np.float64)
    return np.asarray(np.log1p((np.maximum(parts, n) - n + 0.5) / (n + 0.5)))


def saturation(
    frequencies: NDArray[np.intp], lengths: NDArray[np.intp], mean_lengths: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(rows, terms) what each term is worth in each row, times its idf."""
    norm = K1 * (1 - B + B * lengths / mean_lengths)
    return np.asarray(frequencies * (K1 + 1) / (frequencies + norm[:, None]))
