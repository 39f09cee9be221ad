"""What is measured of a row, and which rows are measured together."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.quality import metrics
from benchmarks.quality.rows import Measure, Row


def main_rows(rows: Iterable[Row]) -> list[Row]:
    """Questions whose answer is in the conversation: categories 1–4."""
    return [row for row in rows if 1 <= row.category <= 4]


def adversarial(rows: Iterable[Row]) -> list[Row]:
    """Questions whose answer is not there: category 5."""
    return [row for row in rows if row.category == 5]


def passages(rows: Iterable[Row], mode: str) -> list[Row]:
    """Questions to passages, in one mode."""
    return [row for row in rows if row.category == 0 and row.mode == mode]


def recall(k: int) -> Measure:
    """Evidence recall among the first k."""
    return lambda row: row.recall(k)


def tokens(budget: str) -> Measure:
    """The length of a packed text."""
    return lambda row: row.packed[budget].tokens if budget in row.packed else None


def hit(row: Row) -> float:
    """Whether any gold is among the first 10."""
    return metrics.hit_at(row.found, row.gold, 10)


def ndcg(row: Row) -> float:
    """How far up the gold is among the first 10."""
    return metrics.ndcg_at(row.found, row.gold, 10)


def abstained(row: Row) -> float:
    """Whether nothing was answered."""
    return float(row.abstained)


def flagged(row: Row) -> float:
    """Whether the answer says that it does not trust the question."""
    return float(row.flagged)


def either(row: Row) -> float:
    """Whether the question was turned down in one way or the other."""
    return float(row.abstained or row.flagged)


def squared_error(row: Row) -> float | None:
    """Brier score of the relevance of its hits."""
    return metrics.brier(row.hits) if row.hits else None


def cited(budget: str) -> Measure:
    """The share of gold turns that a packed text cites."""
    return lambda row: row.packed[budget].cited if budget in row.packed else None


def said(budget: str) -> Measure:
    """The share of the answer's words in a packed text."""
    return lambda row: row.packed[budget].words if budget in row.packed else None
