"""What came of one question: ids and numbers only, so that no text of the data is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.quality import metrics
from benchmarks.quality.metrics import Forecast

_MONTHS = (
    "January|February|March|April|June|July|August|September|October|November|December|"
    r"(?:(?<=in )|(?<=of )|(?<=early )|(?<=late )|(?<=\d ))May|May(?= \d)"
)
_NAMED = re.compile(
    rf"\b(?:{_MONTHS}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:19|20)\d\d|ago|yesterday"
    r"|weekend|(?:last|next|this) (?:week|month|year|summer|winter|spring|autumn|fall))\b"
)
_ASKED = re.compile(
    r"\b(?:when|how long|how old|what time|came first|happened first|how many (?:day|week|month|"
    r"year)s|(?:what|which) (?:date|day|week|weekday|month|season|year))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Packed:
    """A text for a model: its tokens, the share of gold it cites and of the answer's words."""

    tokens: int
    cited: float
    words: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One question asked once. `category` 0 is a question to passages."""

    source: str
    number: int
    mode: str
    category: int
    #: "named" if the question names a time, "asked" if it asks for one, else empty.
    time: str
    gold: tuple[str, ...]
    #: The turns or passages that the hits rest on, best first.
    found: tuple[str, ...]
    #: Of every hit its relevance, and whether it rests on gold.
    hits: tuple[Forecast, ...]
    abstained: bool
    flagged: bool
    ms: float
    #: Packed texts by budget; the one named "in full" is our own baseline.
    packed: dict[str, Packed]

    @property
    def key(self) -> tuple[str, int, str]:
        """What makes it the same question in another run."""
        return self.source, self.number, self.mode

    def recall(self, k: int) -> float:
        """Evidence recall."""
        return metrics.recall_at(self.found, self.gold, k)


#: What a table shows, and what is compared between runs.
Measure = Callable[[Row], float | None]


def time_in(question: str) -> str:
    """Whether a question names a time or asks for one."""
    if _NAMED.search(question):
        return "named"
    return "asked" if _ASKED.search(question) else ""


def values(rows: Iterable[Row], measure: Measure) -> list[float]:
    """The measure of every row that has one."""
    return [value for row in rows if (value := measure(row)) is not None]


def mean(rows: Iterable[Row], measure: Measure) -> float | None:
    """The mean over the rows that have the measure; None if none has."""
    found = values(rows, measure)
    return sum(found) / len(found) if found else None


def pairs(now: Sequence[Row], before: Iterable[Row]) -> list[tuple[Row, Row]]:
    """The questions that both runs asked, with the same gold."""
    known = {row.key: row for row in before}
    return [
        (row, known[row.key])
        for row in now
        if row.key in known and set(known[row.key].gold) == set(row.gold)
    ]


def dump(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """For a file."""
    return [asdict(row) for row in rows]


def load(path: Path) -> list[Row]:
    """The rows that an earlier run kept."""
    return [_row(kept) for kept in json.loads(path.read_text(encoding="utf-8"))["rows"]]


def _row(kept: dict[str, Any]) -> Row:
    return Row(
        **kept
        | {
            "gold": tuple(kept["gold"]),
            "found": tuple(kept["found"]),
            "hits": tuple((said, true) for said, true in kept["hits"]),
            "packed": {budget: Packed(**packed) for budget, packed in kept["packed"].items()},
        }
    )
