"""How relevant a hit is, as a number comparable across queries; the first, uncalibrated version."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from retrieval.fusion import Place
from stores.lexical import terms
from stores.records import MemCube

#: Below this nothing is recalled. Set so that nonsense and strangers' topics fall under it while
#: real questions hardly ever do.
ABSTAIN_BELOW = 0.2


def relevance(query: Sequence[str], cube: MemCube, places: Mapping[str, Place]) -> float:
    """0..1 from the cosine to the query and the share of its terms that occur.

    A logistic of both; either alone can carry a hit over the threshold.
    """
    cosine = places["dense"].score if "dense" in places else 0.0
    found = set(terms(cube.content)) | set(terms(str(cube.data.get("speaker") or "")))
    coverage = len(found & set(query)) / len(query) if query else 0.0
    return round(1 / (1 + math.exp(-(9 * cosine + 3 * coverage - 4.5))), 4)
