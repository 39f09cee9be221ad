"""What has to be done to a slot so that it holds what its assertions say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from consolidation.reconcile.records import (
    Add,
    Amend,
    Assertion,
    AssertionKey,
    Belief,
    Confirm,
    Held,
    Holder,
    Interval,
    Link,
    LinkKind,
    Merge,
    Move,
    Op,
    Slot,
    Unlink,
)
from consolidation.reconcile.timeline import timeline


def plan(
    existing: Sequence[Held],
    new: Sequence[Assertion],
    slot: Slot,
    *,
    leaving: Collection[UUID] = (),
) -> tuple[Op, ...]:
    """The steps from what is stored to what is to be believed, additions first.

    `existing` is every memory of the slot that has evidence, whatever its state. Without anything
    new, the slot is settled again after evidence was taken away. What is stored already, or stands
    twice among the new, does nothing. Memories that are `leaving` hand over all their evidence.
    Whatever no step speaks of stays as it is.
    """
    held = {a.key: (m.memory_id, a) for m in sorted(existing, key=_id, reverse=True)
            for a in m.assertions}  # fmt: skip
    fresh = {a.key: n for n, a in reversed(list(enumerate(new))) if a.key not in held}
    told = [a for _, a in held.values()] + [new[n] for n in fresh.values()]
    intervals = timeline(told, functional=slot.functional, immutable=slot.immutable)
    owners = {key: memory_id for key, (memory_id, _) in held.items()}
    work = _Plan(
        existing={m.memory_id: m for m in existing},
        fresh=fresh,
        owners=owners,
        intervals=intervals,
        holders=_holders(intervals, owners, [m for m in existing if m.memory_id not in leaving]),
        leaving=leaving,
    )
    return (*work.adds(), *work.evidence(), *work.amends(), *work.merges(), *work.links())


def _id(memory: Held) -> UUID:
    return memory.memory_id


def _said(belief: Belief) -> tuple[object, ...]:
    """What a memory tells of a belief, its object's entity left out, which may have changed."""
    return (belief.text, belief.state, belief.valid_at, belief.invalid_at)


def _holders(
    intervals: Sequence[Interval], owners: Mapping[AssertionKey, UUID], staying: Sequence[Held]
) -> list[Holder]:
    """Who holds each interval: the memory that says it already, or else the one with most of its
    evidence, or one that is to be added."""
    saying = {_said(m.belief): m.memory_id for m in sorted(staying, key=_id, reverse=True)}
    said = {_said(i.belief): n for n, i in reversed(list(enumerate(intervals)))}
    chosen = {n: saying[what] for what, n in said.items() if what in saying}
    ids = {m.memory_id for m in staying}
    shared = Counter(
        (n, owners[a.key])
        for n, i in enumerate(intervals)
        for a in i.support
        if owners.get(a.key) in ids
    )
    for (n, memory_id), _ in sorted(shared.items(), key=lambda s: (-s[1], s[0][0], s[0][1])):
        if n not in chosen and memory_id not in chosen.values():
            chosen[n] = memory_id
    added = (n for n in range(len(intervals)) if n not in chosen)
    numbers = {n: place for place, n in enumerate(added)}
    return [chosen[n] if n in chosen else numbers[n] for n in range(len(intervals))]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """Stored memories against the intervals that are to be."""

    existing: Mapping[UUID, Held]
    fresh: Mapping[AssertionKey, int]
    owners: Mapping[AssertionKey, UUID]
    intervals: Sequence[Interval]
    holders: Sequence[Holder]
    leaving: Collection[UUID]

    def _held(self) -> Iterator[tuple[Holder, Interval]]:
        return zip(self.holders, self.intervals, strict=True)

    def _new(self, interval: Interval) -> tuple[int, ...]:
        return tuple(self.fresh[a.key] for a in interval.support if a.key in self.fresh)

    def adds(self) -> Iterator[Op]:
        """A memory for every interval that none holds yet."""
        for holder, interval in self._held():
            if isinstance(holder, int):
                yield Add(belief=interval.belief, new=self._new(interval))

    def evidence(self) -> Iterator[Op]:
        """What the memories rest on that they did not before."""
        for holder, interval in self._held():
            new = self._new(interval)
            if not isinstance(holder, int) and new:
                yield Confirm(memory_id=holder, new=new)
            moved: dict[UUID, list[AssertionKey]] = {}
            for a in interval.support:
                owner = self.owners.get(a.key, holder)
                if not isinstance(owner, int) and owner != holder:
                    moved.setdefault(owner, []).append(a.key)
            for source, keys in moved.items():
                yield Move(source=source, target=holder, assertions=tuple(keys))

    def amends(self) -> Iterator[Op]:
        """Memories that say something else than they did."""
        for holder, interval in self._held():
            if not isinstance(holder, int) and self.existing[holder].belief != interval.belief:
                yield Amend(memory_id=holder, belief=interval.belief)

    def merges(self) -> Iterator[Op]:
        """Memories that have handed over all of their evidence."""
        for memory_id in sorted({*self.existing} - {*self.holders, *self.leaving}):
            went: Counter[int] = Counter()
            for a in self.existing[memory_id].assertions:
                went.update(n for n, i in enumerate(self.intervals) if a in i.support)
            if went:
                into = min(went, key=lambda n: (-went[n], n))
                yield Merge(memory_id=memory_id, into=self.holders[into])

    def links(self) -> Iterator[Op]:
        """Links that hold now and did not, and those that did and do not."""
        wanted = {
            (self.holders[n], self.holders[other], kind)
            for n, interval in enumerate(self.intervals)
            for kind, others in (
                (LinkKind.SUPERSEDES, interval.supersedes),
                (LinkKind.CONTRADICTS, interval.contradicts),
            )
            for other in others
        }
        stored = {
            (memory.memory_id, target, kind)
            for memory in self.existing.values()
            for kind, target in memory.links
            if target in self.existing
        }
        for source, target, kind in sorted(stored - wanted, key=str):
            yield Unlink(source=source, target=target, kind=kind)
        for one, two, kind in sorted(wanted - stored, key=str):
            yield Link(source=one, target=two, kind=kind)
