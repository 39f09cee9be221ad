"""What turns scores into probabilities, and when a question is about somebody else.

Both are fitted on scores that a question's own conversation had no part in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from benchmarks.train.examples import Bools, Example, Floats

#: Hits of a question that a probability is fitted on.
SHOWN = 20
#: The share of answerable questions that may wrongly be taken for somebody else's.
FALSE = 0.012
#: A feature that tells who speaks says nothing of whether the right one does.
OF_SPEAKER = frozenset({"speaker", "voice"})
#: Above 0 where the question names who speaks.
NAMED = "speaker"

Scored = tuple[Example, Floats]


@dataclass(frozen=True, kw_only=True, slots=True)
class Confidence:
    """A logistic of the score, of the lead over the best hit, and a constant (Platt 1999)."""

    score: float
    lead: float
    constant: float

    def probabilities(self, scores: Floats) -> Floats:
        """(n,) of the hits of one question."""
        lead = scores - scores.max(initial=-np.inf)
        return np.asarray(expit(self.score * scores + self.lead * lead + self.constant))


def platt(scored: Iterable[Scored]) -> Confidence:
    """Fitted on the best hits of every answerable question."""
    columns, truth = [], []
    for example, scores in scored:
        if example.answerable and len(scores):
            best = np.argsort(-scores, kind="stable")[:SHOWN]
            columns.append(
                np.column_stack([scores, scores - scores.max(), np.ones(len(scores))])[best]
            )
            truth.append(example.is_gold[best])
    x, y = np.concatenate(columns), np.concatenate(truth).astype(np.float64)

    def loss(w: Floats) -> tuple[float, Floats]:
        logit = x @ w
        value = float(np.mean(np.logaddexp(0, logit) - y * logit))
        return value, x.T @ (expit(logit) - y) / len(y)

    found = minimize(
        loss, np.zeros(3), jac=True, method="L-BFGS-B", bounds=[(0, None), (0, None), (None, None)]
    )
    score, lead, constant = (float(value) for value in found.x)
    return Confidence(score=score, lead=lead, constant=constant)


def forecasts(scored: Iterable[Scored], confidence: Confidence) -> list[tuple[float, bool]]:
    """What is said of the best hits of every answerable question, and whether it is true."""
    said: list[tuple[float, bool]] = []
    for example, scores in scored:
        if example.answerable and len(scores):
            best = np.argsort(-scores, kind="stable")[:SHOWN]
            probable = confidence.probabilities(scores)
            said += zip(probable[best].tolist(), example.is_gold[best].tolist(), strict=True)
    return said


def margins(
    examples: Sequence[Example], weights: Floats, names: Sequence[str]
) -> tuple[Floats, Bools]:
    """(q,) by how much the best hit of whom the question names leads, who speaks left aside.

    Infinite where it names nobody or everybody. And (q,) whether the question is answerable.
    """
    heard = np.array([name not in OF_SPEAKER for name in names])
    named = list(names).index(NAMED) if NAMED in names else None
    found = []
    for example in examples:
        of_named = example.features[:, named] > 0 if named is not None else np.zeros(0, np.bool_)
        if of_named.any() and not of_named.all():
            scores = example.features[:, heard] @ weights[heard]
            found.append(float(scores[of_named].max() - scores[~of_named].max()))
        else:
            found.append(np.inf)
    return np.array(found), np.array([example.answerable for example in examples])


def threshold(margin: Floats, answerable: Bools, false: float = FALSE) -> float:
    """Below it lies that share of the answerable questions, rounded towards fewer."""
    return float(np.floor(10 * np.quantile(margin[answerable], false, method="lower")) / 10)
