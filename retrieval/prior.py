"""What speaks for a memory whatever is asked: bounded factors that can never silence it.

Recency, trust, tier and utility multiply the odds of a candidate. Each is bounded, and so is their
product: a memory that fits is found, however old or little trusted it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np

from retrieval.candidates import Candidates, Floats
from retrieval.understanding.records import Question

LEAST, MOST = 0.2, 2.0
#: Recency counts where the present is asked for, and nowhere else: from 1.5 now to 0.3, halving
#: the way every month (the bounds of Mem0's decay).
RECENT, OLD, HALF_LIFE_DAYS = 1.5, 0.3, 30.0
TIERS: Mapping[str, float] = {"hot": 1.0, "warm": 0.9, "cold": 0.7, "archived": 0.3}
#: What use can add: half of it after so many uses.
USEFUL, HALF_USED = 0.2, 3


def prior(found: Candidates, question: Question, reference: datetime) -> Floats:
    """(n,) the factor of each candidate, LEAST..MOST; 1 for what nothing is known of."""
    factor = np.array(
        [
            (0.5 + head.trust) * TIERS.get(head.tier, 1.0)
            * (1 + USEFUL * head.used / (head.used + HALF_USED))
            for head in found.heads
        ]
    )  # fmt: skip
    if question is Question.RECENCY:
        ages = [(reference - head.moment).total_seconds() / 86_400 for head in found.heads]
        factor = factor * (OLD + (RECENT - OLD) * 0.5 ** (np.maximum(ages, 0) / HALF_LIFE_DAYS))
    return np.asarray(np.clip(factor, LEAST, MOST))
