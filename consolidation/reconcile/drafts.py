"""Intervals of a timeline while they are being found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from consolidation.extract.protocol import Form
from consolidation.reconcile.records import Assertion, Belief, Interval
from consolidation.reconcile.values import richest
from stores.english import STOP_WORDS
from stores.names import normalised
from stores.records import State


@dataclass(kw_only=True, slots=True, eq=False)
class Draft:
    """An interval as far as it is known at a point of the walk."""

    name: str
    negated: bool
    form: Form
    valid_at: datetime | None
    ends_at: datetime | None = None
    state: State = State.ACTIVE
    #: Something ended it; it goes on no more, whether or not the date is known.
    is_closed: bool = False
    support: list[Assertion] = field(default_factory=list)
    supersedes: list[Draft] = field(default_factory=list)
    contradicts: list[Draft] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        """Whether it is believed."""
        return self.state is State.ACTIVE

    def is_over(self, at: datetime | None) -> bool:
        """Whether it has ended by then."""
        return self.is_closed or (
            self.ends_at is not None and at is not None and self.ends_at <= at
        )

    def add(self, a: Assertion) -> None:
        """Rest on one more assertion; the latest to tell an end tells it best."""
        self.support.append(a)
        if a.until is not None:
            self.ends_at = a.until if self.valid_at is None else max(a.until, self.valid_at)

    def succeed(self, other: Draft, at: datetime | None) -> None:
        """End another that was true until then, or until the earlier end it has."""
        if at is not None and (other.ends_at is None or at < other.ends_at):
            other.ends_at = at
        other.is_closed, other.state = True, State.SUPERSEDED
        self.supersedes.append(other)

    def correct(self, other: Draft) -> None:
        """Say of another that it never was true: it was valid for no time."""
        began = other.valid_at or self.valid_at
        other.is_closed, other.state, other.ends_at = True, State.INVALIDATED, began
        self.supersedes.append(other)


def settled(drafts: Iterable[Draft]) -> tuple[Interval, ...]:
    """The drafts as intervals, in an order that follows from what they say."""
    inside = sorted(drafts, key=_order)
    number = {id(draft): n for n, draft in enumerate(inside)}
    return tuple(
        Interval(
            belief=_belief(draft),
            support=tuple(sorted(draft.support, key=lambda a: a.place)),
            supersedes=tuple(sorted(number[id(other)] for other in draft.supersedes)),
            contradicts=tuple(sorted(number[id(other)] for other in draft.contradicts)),
        )
        for draft in inside
    )


def _order(draft: Draft) -> tuple[object, ...]:
    placed = [a.place for a in draft.support if a.is_ordered]
    return min(placed or [a.place for a in draft.support])


def _belief(draft: Draft) -> Belief:
    value = richest(a.value for a in draft.support)
    things = [a for a in draft.support if a.object_id is not None]
    named = {(a.value, str(a.object_id)): a.object_id for a in things}
    fullest = richest(a.value for a in things) if things else ""
    return Belief(
        value=value,
        object_id=named[max(key for key in named if key[0] == fullest)] if named else None,
        negated=draft.negated,
        form=draft.form,
        valid_at=draft.valid_at,
        invalid_at=draft.ends_at,
        state=draft.state,
        text=_fullest_text([a.text for a in draft.support]),
    )


def _fullest_text(texts: Sequence[str]) -> str:
    """The text with the most words that say something; among equals the longest, then the last."""
    return max(texts, key=lambda text: (_informative(text), len(text), text))


def _informative(text: str) -> int:
    return len(set(normalised(text).split()) - STOP_WORDS)
