"""Which stored memory is which gold fact: a rule without a model, and the best assignment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.writing.lines import Fact
from benchmarks.writing.wording import Wording, f1, says, stems, worded

#: Overlap from which two sentences that agree in all else say the same.
THRESHOLD = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """The words of a turn that a memory rests on, and where they are said to stand."""

    turn: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A stored memory as far as it is judged."""

    id: str
    text: str
    kind: str
    state: str
    subject: str | None
    predicate: str | None
    object: str | None
    negated: bool
    valid_at: datetime | None
    invalid_at: datetime | None
    quotes: tuple[Quote, ...]
    run_id: str | None

    @property
    def turns(self) -> frozenset[str]:
        """The turns that it rests on."""
        return frozenset(quote.turn for quote in self.quotes)

    @property
    def is_active(self) -> bool:
        """Whether it is what the service takes for true now."""
        return self.state == "active"


def item_of(cube: Mapping[str, Any]) -> Item:
    """From the service's answer."""
    data, made, time = cube["data"], cube["provenance"], cube["time"]
    return Item(
        id=cube["id"],
        text=cube["content"],
        kind=cube["kind"],
        state=cube["lifecycle"]["state"],
        subject=data.get("subject"),
        predicate=data.get("predicate"),
        object=data.get("object"),
        negated=bool(data.get("negated")),
        valid_at=_moment(time["valid_at"]),
        invalid_at=_moment(time["invalid_at"]),
        quotes=tuple(
            Quote(
                turn=e["external_id"] or "", start=e["span"][0], end=e["span"][1], text=e["quote"]
            )
            for e in made["evidence"]
        ),
        run_id=made["run_id"],
    )


def essential(text: str, people: Mapping[str, str], value: str | None = None) -> frozenset[str]:
    """What may not be missing: the claim's object, else the names; and the numbers."""
    said = worded(text, people)
    return (stems(value) if value else said.names) | said.numbers


def agreement(item: Wording, line: Wording, needed: frozenset[str]) -> float:
    """Overlap of the words of two sentences; 0 where subject, negation or an essential differs."""
    return similar(item, line, needed) if about_the_same(item, line) else 0.0


def about_the_same(a: Wording, b: Wording) -> bool:
    """Whether they share a subject, or neither has one."""
    return bool(a.subjects & b.subjects) or not (a.subjects | b.subjects)


def similar(item: Wording, line: Wording, needed: frozenset[str]) -> float:
    """The same for sentences about anybody."""
    if item.negated != line.negated or not needed <= item.every:
        return 0.0
    overlap = f1(item.words, line.words)
    return overlap if overlap >= THRESHOLD else 0.0


def same_claim(item: Item, fact: Fact, people: Mapping[str, str]) -> bool:
    """Whether a memory carries the gold's claim: subject, predicate, object, not negated."""
    if not item.predicate or not item.object or not fact.predicate or not fact.object:
        return False
    gold = worded(fact.text, people)
    return (
        item.predicate == fact.predicate
        and people.get((item.subject or "").lower()) in gold.subjects
        and item.negated == gold.negated
        and (says(item.object, fact.object) or says(fact.object, item.object))
    )


def scores(
    items: Sequence[Item], facts: Sequence[Fact], people: Mapping[str, str]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """How well each memory says each fact: 1 for the same claim, else the overlap."""
    table = np.zeros((len(items), len(facts)))
    golds = [(f, worded(f.text, people), essential(f.text, people, f.object)) for f in facts]
    for row, item in enumerate(items):
        said = worded(item.text, people, item.subject)
        heard = worded(" ".join(quote.text for quote in item.quotes), people).numbers
        for column, (fact, gold, needed) in enumerate(golds):
            if item.turns.isdisjoint(fact.turns):
                continue
            if same_claim(item, fact, people):
                table[row, column] = 1.0
            elif said.numbers <= heard | gold.numbers:
                table[row, column] = agreement(said, gold, needed)
    return table


def assigned(table: np.ndarray[Any, np.dtype[np.float64]]) -> dict[int, int]:
    """Memory → fact, one to one, with the highest sum of scores."""
    rows, columns = linear_sum_assignment(table, maximize=True)
    return {int(r): int(c) for r, c in zip(rows, columns, strict=True) if table[r, c] > 0}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
