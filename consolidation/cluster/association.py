"""Which of its most similar memories a new one is associated with: those that stand out.

As MemGAS has it: two Gaussians are fitted to the similarities, and what is of the higher one is
associated. So the threshold is that of the neighbourhood, not one for all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from consolidation.cluster.groups import SEED
from consolidation.cluster.mixture import best

#: The most similar memories that are looked at, and those that are associated at most.
NEAREST, MOST = 30, 5
#: Fewer similarities tell nothing of what is usual.
FEWEST = 6
#: Nothing less alike is associated, however far it stands out.
LEAST = 0.4
#: Similarities lie close together; as they are, no width could tell them apart.
_SCALE = 10.0


def standing_out(similarities: Sequence[float]) -> list[int]:
    """The numbers of those similarities that are of the higher of two Gaussians, highest first.

    None where one Gaussian explains them as well.
    """
    if len(similarities) < FEWEST:
        return []
    points = np.array(similarities, dtype=np.float64)[:, None] * _SCALE
    mixture = best(points, (1, 2), seed=SEED)
    if mixture.size == 1:
        return []
    higher = int(mixture.means[:, 0].argmax())
    shares = mixture.posterior(points)[:, higher]
    # The wider of two Gaussians may reach beyond the other at the wrong end.
    least = mixture.means.min() / _SCALE
    chosen = [
        number
        for number, value in enumerate(similarities)
        if shares[number] > 0.5 and value >= max(LEAST, least)
    ]
    return sorted(chosen, key=lambda number: (-similarities[number], number))[:MOST]
