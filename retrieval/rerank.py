"""The model of ranking: a weighted sum of features, trained offline, shipped as a small file.

A sum, because it can be read, explained and adapted: gradient-boosted trees over the same features
ranked conversations they had not seen no better (docs/benchmarks.md). A space may add to the
weights what it learned from feedback (`retrieval.learning`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from retrieval.candidates import Floats
from retrieval.features import FEATURES
from stores.records import Learned

_FILE = "base-1.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """Weights per feature, and what turns a score into a probability."""

    name: str
    features: tuple[str, ...]
    weights: tuple[float, ...]
    #: Logistic of score, of lead over the best candidate, and a constant (Platt 1999).
    score: float
    lead: float
    constant: float
    #: Below this margin what the question tells of somebody belongs to somebody else.
    other_speaker: float

    @property
    def unchanged(self) -> tuple[float, ...]:
        """What a space adds that has learned nothing."""
        return (0.0,) * len(self.weights)

    def scores(self, features: Floats, learned: Learned | None = None) -> Floats:
        """(n,) from (n, f); `learned` for another model is left aside."""
        return np.asarray(features @ self.weights_with(learned))

    def weights_with(self, learned: Learned | None) -> Floats:
        """(f,) the weights of the model and what a space adds to them."""
        base: Floats = np.array(self.weights)
        if learned is None or learned.base != self.name:
            return base
        return np.asarray(base + np.array(learned.weights))

    def probabilities(self, scores: Floats) -> Floats:
        """(n,) how likely each is to bear on the question, from its score and its lead."""
        if not len(scores):
            return scores
        lead = scores - scores.max()
        logit = self.score * scores + self.lead * lead + self.constant
        return np.asarray(1 / (1 + np.exp(-logit)))


def _load() -> Model:
    """The packaged model; its weights are named, so a feature it does not know weighs nothing."""
    said: Mapping[str, object] = json.loads(
        (files("retrieval") / "models" / _FILE).read_text(encoding="utf-8")
    )
    weights, confidence = said["weights"], said["confidence"]
    assert isinstance(weights, dict)  # noqa: S101
    assert isinstance(confidence, dict)  # noqa: S101
    unknown = set(weights) - set(FEATURES)
    if unknown:
        raise ValueError(f"{_FILE} weighs features there are none of: {sorted(unknown)}")
    return Model(
        name=str(said["name"]),
        features=tuple(weights),
        weights=tuple(float(w) for w in weights.values()),
        score=float(confidence["score"]),
        lead=float(confidence["lead"]),
        constant=float(confidence["constant"]),
        other_speaker=float(str(said["other_speaker"])),
    )


MODEL = _load()
