"""The measures: pure functions of what was found and what should have been."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: A prediction and whether it came true.
Forecast = tuple[float, bool]

_PIECE = re.compile(r"[A-Za-z]{1,4}|\d|[^\sA-Za-z\d]")
_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset(
    _WORD.findall(
        "a an the and or but of to in on at by for with from as is are was were be been it its he "
        "she they his her their them him that this these those not no so"
    )
)


def recall_at(found: Sequence[str], gold: Collection[str], k: int) -> float:
    """The share of gold among the first k."""
    return len(set(found[:k]) & set(gold)) / len(gold)


def hit_at(found: Sequence[str], gold: Collection[str], k: int) -> float:
    """1 if any gold is among the first k."""
    return float(not set(gold).isdisjoint(found[:k]))


def ndcg_at(found: Sequence[str], gold: Collection[str], k: int) -> float:
    """Normalised discounted cumulative gain; every gold gains 1."""
    gained = sum(1 / math.log2(place + 2) for place, f in enumerate(found[:k]) if f in gold)
    return gained / sum(1 / math.log2(place + 2) for place in range(min(k, len(gold))))


def tokens(text: str) -> int:
    """An upper estimate without a tokenizer, the one that docs/benchmarks.md gives.

    One per four letters of a word, per digit and per mark; other characters by their UTF-8 bytes.
    """
    return sum(1 if p.isascii() else len(p.encode()) for p in _PIECE.findall(text))


def words(text: str) -> set[str]:
    """The words that carry meaning, in lower case."""
    return set(_WORD.findall(text.lower())) - _EMPTY


def coverage(answer: str, text: str) -> float | None:
    """The share of the answer's words that a text holds; None if the answer has none."""
    wanted = words(answer)
    return len(wanted & words(text)) / len(wanted) if wanted else None


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts of about one height: how many, their mean, and the share that came true."""

    size: int
    mean: float
    share: float


def equal_mass(forecasts: Sequence[Forecast], bins: int = 10) -> list[Bin]:
    """The forecasts in order, cut into bins of as equal a number as can be."""
    ordered = sorted(forecasts, key=lambda one: one[0])
    edges = [round(number * len(ordered) / bins) for number in range(bins + 1)]
    parts = [ordered[low:high] for low, high in pairwise(edges) if high > low]
    return [
        Bin(len(p), sum(said for said, _ in p) / len(p), sum(true for _, true in p) / len(p))
        for p in parts
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """ECE: the mean distance of forecast and share, each bin weighing as much as it holds."""
    return sum(b.size * abs(b.mean - b.share) for b in bins) / sum(b.size for b in bins)


def brier(forecasts: Sequence[Forecast]) -> float:
    """The mean squared error."""
    return sum((said - true) ** 2 for said, true in forecasts) / len(forecasts)


def auroc(forecasts: Sequence[Forecast]) -> float | None:
    """How often a true one is forecast above a false one, ties counting half; None without both."""
    true = [said for said, came in forecasts if came]
    false = [said for said, came in forecasts if not came]
    if not true or not false:
        return None
    above = sum((t > f) + (t == f) / 2 for t in true for f in false)
    return above / (len(true) * len(false))
