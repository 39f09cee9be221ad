"""What is believed of a slot, from all that was ever asserted of it.

Beliefs are a function of the set of assertions: they are put in the order of the world and walked
through, so it makes no difference in which order they became known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from itertools import combinations

from consolidation.extract.protocol import Form
from consolidation.reconcile.drafts import Draft, settled
from consolidation.reconcile.records import Assertion, Interval
from consolidation.reconcile.values import value_classes


def timeline(
    assertions: Collection[Assertion], *, functional: bool, immutable: bool
) -> tuple[Interval, ...]:
    """The intervals of a slot, the earliest first, those that nothing orders before all others."""
    told = {a.key: a for a in sorted(assertions, key=lambda a: a.place, reverse=True)}
    classes = value_classes(told.values())
    named = [(classes[a.value, a.object_id], a) for a in told.values()]
    states = [(name, a) for name, a in named if a.form is Form.STATE]
    drafts = _events([(name, a) for name, a in named if a.form is Form.EVENT])
    if functional:
        drafts += _corrected(states) if immutable else _changed(states, functional=True)
    else:
        for one in sorted({name for name, _ in states}):
            drafts += _changed([(n, a) for n, a in states if n == one], functional=False)
    return settled(drafts)


_Named = tuple[str, Assertion]


def _events(told: Sequence[_Named]) -> list[Draft]:
    """What happened on one day is told once; nothing that happened ends anything else."""
    drafts: dict[tuple[str, bool, date | None], Draft] = {}
    for name, a in sorted(told, key=_by_place):
        day = None if a.since is None else a.since.date()
        key = (name, a.negated, day)
        if key not in drafts:
            drafts[key] = Draft(name=name, negated=a.negated, form=a.form, valid_at=a.since)
        drafts[key].support.append(a)
    for (name, negated, day), draft in drafts.items():
        denial = drafts.get((name, True, day))
        if not negated and denial:
            draft.contradicts.append(denial)
    return list(drafts.values())


def _changed(told: Sequence[_Named], *, functional: bool) -> list[Draft]:
    """Values that were true until others came, or until they were said to be over."""
    walk = _Walk()
    for name, a in sorted(told, key=_by_place):
        if a.is_ordered:
            walk.on(name, a)
    return _with_unordered(walk.drafts, told, functional=functional)


class _Walk:
    """A walk through ordered assertions: what holds at the point it has come to."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self._current: Draft | None = None
        self._denials: dict[str, Draft] = {}

    def on(self, name: str, a: Assertion) -> None:
        """Take the next assertion."""
        if a.negated:
            self._deny(name, a)
        elif a.since is None and a.until is not None:
            self._end(name, a)
        else:
            self._affirm(name, a)

    def _affirm(self, name: str, a: Assertion) -> None:
        current = self._current
        if current and current.name == name and not current.is_over(a.since):
            current.add(a)
            return
        draft = self._begin(name, a)
        if denial := self._denials.pop(name, None):
            draft.succeed(denial, a.since)
        if current:
            draft.succeed(current, a.since)
        self._current = draft

    def _deny(self, name: str, a: Assertion) -> None:
        known = self._denials.get(name)
        if known and not known.is_over(a.since or a.until):
            known.add(a)
            return
        draft = self._denials[name] = self._begin(name, a)
        current, begins = self._current, a.since is not None or a.until is None
        if current and current.name == name and begins and not current.is_over(a.since):
            draft.succeed(current, a.since)
            self._current = None

    def _end(self, name: str, a: Assertion) -> None:
        """What is only known to be over: the end of what held, or a stay of unknown beginning."""
        current = self._current
        if current and not current.is_over(a.until):
            if current.name == name:
                current.add(a)
            else:
                current.succeed(self._begin(name, a), a.until)
            return
        draft = self._begin(name, a)
        if current:
            draft.succeed(current, a.until)
        self._current = draft

    def _begin(self, name: str, a: Assertion) -> Draft:
        draft = Draft(name=name, negated=a.negated, form=a.form, valid_at=a.since)
        draft.add(a)
        self.drafts.append(draft)
        return draft


def _corrected(told: Sequence[_Named]) -> list[Draft]:
    """Values that never change: the newest telling wins, the others were never true."""
    drafts: dict[tuple[str, bool], Draft] = {}
    newest: dict[str, Draft] = {}
    for name, a in sorted(told, key=_by_telling):
        key = (name, a.negated)
        if key not in drafts:
            drafts[key] = Draft(name=name, negated=a.negated, form=a.form, valid_at=None)
        drafts[key].support.append(a)
        drafts[key].valid_at = _earliest(drafts[key].valid_at, a.since)
        if _is_told_in_order(a):
            newest.pop(name, None)
            newest[name] = drafts[key]
    for (name, negated), draft in drafts.items():
        other = drafts.get((name, not negated))
        if other and other is newest.get(name) and any(map(_is_told_in_order, draft.support)):
            other.correct(draft)
    standing = [draft for draft in newest.values() if not draft.negated]
    for draft in standing[:-1]:
        standing[-1].correct(draft)
    _conflicts([d for d in drafts.values() if d.is_live], functional=True)
    return list(drafts.values())


def _is_told_in_order(a: Assertion) -> bool:
    return a.is_ordered or a.told_at is not None


def _earliest(one: datetime | None, two: datetime | None) -> datetime | None:
    return min(one, two) if one and two else one or two


def _with_unordered(
    drafts: list[Draft], told: Sequence[_Named], *, functional: bool
) -> list[Draft]:
    """What nothing orders confirms what is the same; beside what is not, it stands unresolved."""
    latest = {(draft.name, draft.negated): draft for draft in drafts}
    for name, a in sorted(told, key=_by_place):
        if a.is_ordered:
            continue
        key = (name, a.negated)
        if key not in latest:
            latest[key] = Draft(name=name, negated=a.negated, form=a.form, valid_at=None)
            drafts.append(latest[key])
        latest[key].support.append(a)
    live = [draft for draft in drafts if draft.is_live and draft.ends_at is None]
    _conflicts(live, functional=functional)
    return drafts


def _conflicts(live: Sequence[Draft], *, functional: bool) -> None:
    """Mark what cannot be true together: nothing told which of the two came later."""
    for one, two in combinations(live, 2):
        denied = one.name == two.name and one.negated != two.negated
        if denied or (functional and one.name != two.name and not (one.negated or two.negated)):
            one.contradicts.append(two)


def _by_place(told: _Named) -> tuple[object, ...]:
    return told[1].place


def _by_telling(told: _Named) -> tuple[object, ...]:
    return told[1].telling
