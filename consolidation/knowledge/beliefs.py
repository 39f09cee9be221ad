"""Keeps what is believed of a subject in step with what was ever asserted of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from consolidation.extract.protocol import Form
from consolidation.reconcile import (
    Add,
    Amend,
    Assertion,
    AssertionKey,
    Belief,
    Confirm,
    Held,
    Holder,
    Link,
    LinkKind,
    Merge,
    Move,
    Op,
    Slot,
    Unlink,
    plan,
    slot_of,
)
from stores import claims, graph, usage, writing
from stores.claims import AssertionRow, HeldClaim, Stance
from stores.database import WriteSession
from stores.graph import LinkRow, RelationRow
from stores.ids import MemoryId, new_id
from stores.records import EvidenceLink, MemCube, Method, NewMemory, Space, Span, State
from stores.revision import revise
from stores.runs import Change
from stores.writing import Embedded

#: Makes the memory of a belief from those of the new assertions, by number, that it rests on.
Make: TypeAlias = Callable[[Belief, Sequence[int]], NewMemory]

_SETTLED = Method(name="settle", version="1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """A new assertion, and of what."""

    slot: Slot
    assertion: Assertion


@dataclass(frozen=True, kw_only=True, slots=True)
class Believed:
    """Who holds each of the new assertions, and what was done to which memories."""

    holders: Mapping[int, MemoryId]
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """Where and as part of what beliefs are changed."""

    session: WriteSession
    space: Space
    #: The version of the space's graph that this change is.
    version: int
    run_id: UUID | None
    now: datetime
    #: Embeddings of memories that are to be made, as far as there are.
    embedded: Embedded | None = None


async def believe(context: Context, stated: Sequence[Stated], make: Make) -> Believed:
    """Take new assertions into what is believed."""
    slots: defaultdict[Slot, list[int]] = defaultdict(list)
    for number, one in enumerate(stated):
        slots[one.slot].append(number)
    held = await _held(context, slots)
    work = _Work(context=context)
    for slot, numbers in slots.items():
        new = [stated[n].assertion for n in numbers]
        ops = plan(_of(held[slot]), new, slot)
        work.take(slot, held[slot], new, numbers, ops, make)
    await work.write()
    return Believed(holders=work.holders, changes=tuple(work.changes()))


async def settle(
    context: Context,
    claimed: Iterable[tuple[MemoryId, str]],
    *,
    restored: Collection[MemoryId] = (),
    leaving: Collection[MemoryId] = (),
) -> Believed:
    """Believe anew what follows from the assertions left, of these subjects and predicates.

    Memories that were `restored` get the evidence back that they had lost to others, among them
    those that are `leaving`.
    """
    pairs = set(claimed)
    rows = await claims.read(
        context.session,
        context.space.id,
        sorted({subject for subject, _ in pairs}),
        sorted({predicate for _, predicate in pairs}),
    )
    held = _by_slot([row for row in rows if (row.subject_id, row.predicate) in pairs])
    work = _Work(context=context, leaving=leaving)
    work.untie(held)
    for slot, memories in held.items():
        ops = plan(_of(memories, restored), [], slot, leaving=leaving)
        work.take(slot, memories, [], [], ops, None)
    await work.write()
    return Believed(holders={}, changes=tuple(work.changes()))


async def unmerge(
    context: Context,
    parted: Sequence[MemoryId],
    claimed: Iterable[tuple[MemoryId, str]],
    *,
    restored: Collection[MemoryId],
    leaving: Collection[MemoryId],
) -> Believed:
    """Believe anew what runs that are undone had changed, entities they had merged among it."""
    for entity in parted:
        for first, holder, rows in await claims.strayed(context.session, context.space.id, entity):
            gone = holder in leaving
            await claims.move(context.session, holder, first, rows, leaving=gone)
    pairs = await claims.claimed_of(context.session, context.space.id, parted)
    return await settle(context, {*claimed, *pairs}, restored=restored, leaving=leaving)


async def part(context: Context, entities: Sequence[MemoryId]) -> Believed:
    """Believe anew of an entity that is no longer taken for another one, and of that one."""
    changes = []
    for entity in entities:
        for first, holder, rows in await claims.strayed(context.session, context.space.id, entity):
            await claims.move(context.session, holder, first, rows)
            changes.append(await _active_again(context, first))
    pairs = await claims.claimed_of(context.session, context.space.id, entities)
    settled = await settle(context, pairs)
    return Believed(holders={}, changes=together([*changes, *settled.changes]))


async def _active_again(context: Context, memory_id: MemoryId) -> Change:
    def active(cube: MemCube) -> MemCube:
        return replace(cube, lifecycle=replace(cube.lifecycle, state=State.ACTIVE))

    cube = await revise(context.session, context.space, memory_id, active, now=context.now)
    await claims.part(context.session, memory_id)
    return Change(memory_id=memory_id, before=cube.version - 1, after=cube.version)


def together(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Each memory once, from before the first change to after the last."""
    whole: dict[MemoryId, Change] = {}
    for change in changes:
        first = whole.get(change.memory_id)
        whole[change.memory_id] = change if first is None else replace(first, after=change.after)
    return tuple(whole.values())


async def _held(context: Context, slots: Iterable[Slot]) -> dict[Slot, list[HeldClaim]]:
    wanted = list(slots)
    rows = await claims.read(
        context.session,
        context.space.id,
        [MemoryId(s) for s in sorted({slot.subject_id for slot in wanted})],
        sorted({slot.predicate for slot in wanted}),
    )
    found = _by_slot(rows)
    return {slot: found.get(slot, []) for slot in wanted}


def _by_slot(rows: Sequence[HeldClaim]) -> dict[Slot, list[HeldClaim]]:
    slots: defaultdict[Slot, list[HeldClaim]] = defaultdict(list)
    for row in rows:
        stance = row.stance
        slot = slot_of(row.subject_id, row.predicate, stance.value, stance.object_id)
        slots[slot].append(row)
    return dict(slots)


def _of(memories: Sequence[HeldClaim], restored: Collection[MemoryId] = ()) -> list[Held]:
    return [
        Held(
            memory_id=memory.memory_id,
            belief=Belief(
                value=memory.stance.value,
                object_id=memory.stance.object_id,
                negated=memory.stance.negated,
                form=Form(memory.stance.form),
                valid_at=memory.stance.valid_at,
                invalid_at=memory.stance.invalid_at,
                state=memory.stance.state,
                text=memory.text,
            ),
            assertions=tuple(map(_assertion, memory.assertions)),
            links=frozenset((LinkKind(kind), target) for kind, target in memory.links),
        )
        for memory in memories
        if memory.assertions or memory.memory_id in restored
    ]


def _assertion(row: AssertionRow) -> Assertion:
    return Assertion(
        episode_id=row.episode_id,
        start=row.span.start,
        end=row.span.end,
        value=row.value,
        object_id=row.object_id,
        negated=row.negated,
        form=Form(row.form),
        since=row.since,
        until=row.until,
        sequence=row.sequence,
        told_at=row.told_at,
        text=row.text,
    )


def _row(assertion: Assertion) -> AssertionRow:
    return AssertionRow(
        episode_id=MemoryId(assertion.episode_id),
        span=Span(start=assertion.start, end=assertion.end),
        value=assertion.value,
        object_id=None if assertion.object_id is None else MemoryId(assertion.object_id),
        negated=assertion.negated,
        form=str(assertion.form),
        since=assertion.since,
        until=assertion.until,
        sequence=assertion.sequence,
        told_at=assertion.told_at,
        text=assertion.text,
    )


@dataclass(kw_only=True, slots=True)
class _Work:
    """The steps of several slots, gathered so that each kind of them is written at once."""

    context: Context
    leaving: Collection[MemoryId] = ()
    holders: dict[int, MemoryId] = field(default_factory=dict)
    _added: list[NewMemory] = field(default_factory=list)
    _relations: list[RelationRow] = field(default_factory=list)
    _assertions: list[tuple[MemoryId, AssertionRow]] = field(default_factory=list)
    _evidence: list[tuple[MemoryId, EvidenceLink, datetime]] = field(default_factory=list)
    _confirmed: Counter[MemoryId] = field(default_factory=Counter)
    _moves: list[tuple[MemoryId, MemoryId, list[AssertionRow]]] = field(default_factory=list)
    _amends: list[tuple[HeldClaim, Belief]] = field(default_factory=list)
    _merges: list[tuple[MemoryId, MemoryId]] = field(default_factory=list)
    _links: list[LinkRow] = field(default_factory=list)
    _unlinks: list[Unlink] = field(default_factory=list)
    _versions: list[Change] = field(default_factory=list)

    def untie(self, held: Mapping[Slot, Sequence[HeldClaim]]) -> None:
        """Take back links between memories that do not answer the same any more."""
        answers = {memory.memory_id: slot for slot, claimed in held.items() for memory in claimed}
        self._unlinks += [
            Unlink(source=memory.memory_id, target=target, kind=LinkKind(kind))
            for slot, claimed in held.items()
            for memory in claimed
            for kind, target in memory.links
            if answers.get(target, slot) != slot
        ]

    def take(
        self,
        slot: Slot,
        held: Sequence[HeldClaim],
        new: Sequence[Assertion],
        numbers: Sequence[int],
        ops: Sequence[Op],
        make: Make | None,
    ) -> None:
        """Gather what the plan for one slot asks for; `numbers` are those of the new assertions."""
        by_id = {memory.memory_id: memory for memory in held}
        rows = {_assertion(a).key: a for memory in held for a in memory.assertions}
        made: list[MemoryId] = []

        def holder(of: Holder) -> MemoryId:
            return made[of] if isinstance(of, int) else MemoryId(of)

        for op in ops:
            match op:
                case Add(belief=belief, new=places):
                    told = [numbers[n] for n in places]
                    memory = make(belief, told) if make and told else self._split(held, belief)
                    made.append(memory.id)
                    self._add(slot, memory, belief)
                    self._rest(memory.id, new, numbers, places)
                case Confirm(memory_id=memory_id, new=places):
                    self._confirmed[MemoryId(memory_id)] += len(places)
                    self._rest(MemoryId(memory_id), new, numbers, places, further=True)
                case Move(source=source, target=target, assertions=keys):
                    self._moves.append((MemoryId(source), holder(target), _found(rows, keys)))
                case Amend(memory_id=memory_id, belief=belief):
                    self._amends.append((by_id[MemoryId(memory_id)], belief))
                case Merge(memory_id=memory_id, into=into):
                    self._merges.append((MemoryId(memory_id), holder(into)))
                case Link(source=source, target=target, kind=kind):
                    self._links.append(LinkRow(
                        memory_id=holder(source), target_id=holder(target), kind=str(kind)
                    ))  # fmt: skip
                case Unlink():
                    self._unlinks.append(op)
        self._hold_again(held, new, numbers)

    def _hold_again(
        self, held: Sequence[HeldClaim], new: Sequence[Assertion], numbers: Sequence[int]
    ) -> None:
        """What was asserted before, or stands twice among the new, is held where it was."""
        owners = {_assertion(a).key: m.memory_id for m in held for a in m.assertions}
        owners |= {a.key: self.holders[n] for n, a in zip(numbers, new, strict=True)
                   if n in self.holders}  # fmt: skip
        for number, assertion in zip(numbers, new, strict=True):
            self.holders.setdefault(number, owners[assertion.key])

    def _split(self, held: Sequence[HeldClaim], belief: Belief) -> NewMemory:
        """A memory for what parts from another: its evidence moves to it."""
        return NewMemory(
            id=MemoryId(new_id()),
            kind=held[0].kind,
            content=belief.text,
            provenance_origin="derived",
            actor="service",
            method=_SETTLED,
            created_at=self.context.now,
            valid_at=belief.valid_at,
            invalid_at=belief.invalid_at,
            run_id=self.context.run_id,
            state=belief.state,
        )

    def _add(self, slot: Slot, memory: NewMemory, belief: Belief) -> None:
        self._added.append(memory)
        self._relations.append(RelationRow(
            memory_id=memory.id,
            subject_id=MemoryId(slot.subject_id),
            predicate=slot.predicate,
            object_id=None if belief.object_id is None else MemoryId(belief.object_id),
            object=belief.value,
            negated=belief.negated,
            form=str(belief.form),
            state=str(belief.state),
            valid_at=belief.valid_at,
            invalid_at=belief.invalid_at,
        ))  # fmt: skip

    def _rest(
        self,
        memory_id: MemoryId,
        new: Sequence[Assertion],
        numbers: Sequence[int],
        places: Sequence[int],
        *,
        further: bool = False,
    ) -> None:
        """Have a memory rest on new assertions; a memory just made brings its evidence itself."""
        for place in places:
            self.holders[numbers[place]] = memory_id
            row = _row(new[place])
            self._assertions.append((memory_id, row))
            # What rests on a caller's word alone has no episode to show.
            if further and row.episode_id != memory_id and row.span.end > row.span.start:
                link = EvidenceLink(
                    episode_id=row.episode_id, span=row.span, run_id=self.context.run_id
                )
                self._evidence.append((memory_id, link, self.context.now))

    async def write(self) -> None:
        """Write everything, in an order in which all that is referred to is there."""
        c = self.context
        await writing.store(c.session, c.space, self._added, c.embedded)
        await graph.add_relations(c.session, c.space.id, self._relations, c.version)
        await claims.add(c.session, c.space.id, self._assertions, c.run_id)
        await writing.add_evidence(c.session, self._evidence)
        await usage.add_confirmations(c.session, self._confirmed)
        for source, target, rows in self._moves:
            leaving = source in self.leaving
            await claims.move(c.session, source, target, rows, leaving=leaving)
        for memory, belief in self._amends:
            await self._amend(memory, belief)
        for memory_id, into in self._merges:
            await self._merge(memory_id, into)
        for unlink in self._unlinks:
            await claims.unlink(
                c.session, MemoryId(unlink.source), MemoryId(unlink.target), str(unlink.kind)
            )
        await graph.add_links(c.session, c.space.id, self._links, c.version, c.now, c.run_id)

    def changes(self) -> Iterable[Change]:
        """What was done, as the run notes it."""
        yield from (Change(memory_id=memory.id, after=1) for memory in self._added)
        yield from self._versions
        changed = {change.memory_id for change in self._versions}
        for memory_id, times in self._confirmed.items():
            if memory_id not in changed:
                yield Change(memory_id=memory_id, confirmations=times)

    async def _amend(self, memory: HeldClaim, belief: Belief) -> None:
        """A new version that says what is believed; what a person said stays said."""
        if memory.by_hand and memory.stance.state is not State.ACTIVE:
            return
        if memory.by_hand:
            stance = memory.stance
            belief = replace(belief, text=memory.text, value=stance.value,
                             object_id=stance.object_id)  # fmt: skip

        def change(cube: MemCube) -> MemCube:
            return replace(
                cube,
                content=belief.text,
                data={**cube.data, "object": belief.value} if "object" in cube.data else cube.data,
                time=replace(cube.time, valid_at=belief.valid_at, invalid_at=belief.invalid_at),
                lifecycle=replace(cube.lifecycle, state=belief.state),
            )

        await self._revise(memory.memory_id, change)
        stance = Stance(
            value=belief.value,
            object_id=None if belief.object_id is None else MemoryId(belief.object_id),
            negated=belief.negated,
            form=str(belief.form),
            state=belief.state,
            valid_at=belief.valid_at,
            invalid_at=belief.invalid_at,
        )
        await claims.set_stance(
            self.context.session, memory.memory_id, stance, self.context.version
        )

    async def _merge(self, memory_id: MemoryId, into: MemoryId) -> None:
        """What it rested on rests elsewhere now; it stays, to tell where it went."""
        await self._revise(memory_id, _merged)
        self._links.append(LinkRow(memory_id=memory_id, target_id=into, kind="merged_into"))

    async def _revise(self, memory_id: MemoryId, change: Callable[[MemCube], MemCube]) -> None:
        c = self.context
        before: list[int] = []

        def noted(cube: MemCube) -> MemCube:
            before.append(cube.version)
            return change(cube)

        cube = await revise(c.session, c.space, memory_id, noted, now=c.now)
        if cube.version > before[0]:
            self._versions.append(Change(
                memory_id=memory_id, before=before[0], after=cube.version,
                confirmations=self._confirmed.get(memory_id, 0),
            ))  # fmt: skip


def _merged(cube: MemCube) -> MemCube:
    return replace(cube, lifecycle=replace(cube.lifecycle, state=State.MERGED))


def _found(
    rows: Mapping[AssertionKey, AssertionRow], keys: Iterable[AssertionKey]
) -> list[AssertionRow]:
    return [rows[key] for key in keys]
