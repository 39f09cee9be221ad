"""Whether anything fits, and whether it is of the one who is asked about.

A probability says how likely each hit bears on the question (`Model.probabilities`). It cannot tell
a question about the wrong person: what is asked was said, but by somebody else. That shows in the
margin between the best candidate of whom the question names and the best of everybody else
(measured in docs/benchmarks.md: thresholds of likeness alone recognise none of these).
"""

from __future__ import annotations

import numpy as np

from retrieval.candidates import Candidates, Floats
from retrieval.rerank import Model

#: Below this cosine nothing is related at all; below the second one, words must be shared too.
#: They belong to all-MiniLM-L6-v2.
UNRELATED, DISTANT = 0.25, 0.35
#: The least share of the question's terms that counts as sharing words.
SHARED = 0.1
#: Features that say who speaks, and must not decide whether it is the right one.
_OF_SPEAKER = frozenset({"speaker", "voice"})


def nothing_fits(found: Candidates, best: np.ndarray[tuple[int], np.dtype[np.intp]]) -> bool:
    """Whether even the best candidates have nothing to do with the question."""
    if not len(best):
        return True
    coverage = found.holds[best].mean(axis=1).max() if found.holds.shape[1] else 0.0
    if coverage == 1:
        return False  # Every word was said: an order number or a name may mean nothing to a model.
    cosine = found.cosine[best].max()
    if not found.cosine.any():  # There is no model.
        return bool(coverage <= SHARED)
    return bool(cosine < UNRELATED or (cosine < DISTANT and coverage <= SHARED))


def of_somebody_else(found: Candidates, features: Floats, model: Model, weights: Floats) -> bool:
    """Whether what the question tells of the one it names was said by another."""
    named = found.named
    if not named.any() or named.all():
        return False
    counted = np.array([name not in _OF_SPEAKER for name in model.features])
    scores = features[:, counted] @ weights[counted]
    return bool(scores[named].max() - scores[~named].max() < model.other_speaker)
