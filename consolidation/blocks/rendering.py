"""What a derived block says: what holds of the owner, dated, in one order, within its budget.

The same statements give the same text to the byte, so that a prompt that begins with it stays the
same, and a model server finds it in its cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from stores.blocks import Statement
from stores.ids import MemoryId

#: Characters of a derived block, at most.
BUDGET = 2_000
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """The text of a block, and the memories it was made of."""

    text: str
    sources: tuple[MemoryId, ...]


def render(statements: Iterable[Statement], budget: int = BUDGET) -> Rendered:
    """A line for each statement, as far as they fit: the most important first, then the latest."""
    wanted = sorted(statements, key=lambda one: (-one.importance, _EVER - _since(one), one.id))
    taken: list[tuple[Statement, str]] = []
    left = budget + 1
    for one in wanted:
        line = _line(one)
        if len(line) < left and line not in {told for _, told in taken}:
            taken.append((one, line))
            left -= len(line) + 1
    return _together(taken)


def _together(taken: Sequence[tuple[Statement, str]]) -> Rendered:
    """Lines by predicate and date: an order that a further statement does not change."""
    ordered = sorted(taken, key=lambda t: (t[0].predicate or "~", _since(t[0]), t[0].id))
    return Rendered(
        text="\n".join(line for _, line in ordered),
        sources=tuple(one.id for one, _ in ordered),
    )


def _line(one: Statement) -> str:
    since = "" if one.valid_at is None else f" (since {_day(one.valid_at)})"
    return f"- {' '.join(one.content.split())}{since}"


def _since(one: Statement) -> datetime:
    return _EVER if one.valid_at is None else one.valid_at.astimezone(UTC)


def _day(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%B %Y}"
