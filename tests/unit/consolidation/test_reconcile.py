"""Reconciling: what is believed of a slot, whatever the order in which it became known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import combinations, permutations
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    Interval,
    Link,
    LinkKind,
    Merge,
    Move,
    Op,
    Slot,
    Unlink,
    plan,
    same_value,
    slot_of,
    timeline,
    value_key,
)
from stores.records import State

ANNA = UUID(int=1)
ACTIVE, SUPERSEDED, INVALIDATED = State.ACTIVE, State.SUPERSEDED, State.INVALIDATED
HOME = slot_of(ANNA, "lives_in", "Boston")
BORN = slot_of(ANNA, "born_in", "Boston")
TEA = slot_of(ANNA, "likes", "tea")


def day(number: int | None) -> datetime | None:
    return None if number is None else datetime(2024, 1, number, 9, tzinfo=UTC)


class Row(NamedTuple):
    """An interval as the tables below write it."""

    value: str
    since: int | None
    until: int | None
    state: State
    episodes: set[int]


def said(episode: int, value: str, since: int | None = None, **more: object) -> Assertion:
    """`value` asserted by an episode; a value with a "-" before it is denied."""
    until = more.pop("until", None)
    assert until is None or isinstance(until, int)
    return replace(
        Assertion(
            episode_id=UUID(int=episode),
            start=0,
            end=10,
            value=value.removeprefix("-"),
            negated=value.startswith("-"),
            since=day(since),
            until=day(until),
            text=f"Anna: {value}.",
        ),
        **more,  # type: ignore[arg-type]
    )


def rows(intervals: Iterable[Interval]) -> list[Row]:
    return [
        Row(
            "-" * i.belief.negated + i.belief.value,
            i.belief.valid_at and i.belief.valid_at.day,
            i.belief.invalid_at and i.belief.invalid_at.day,
            i.belief.state,
            {a.episode_id.int for a in i.support},
        )
        for i in intervals
    ]


def believed(slot: Slot, assertions: Collection[Assertion]) -> tuple[Interval, ...]:
    return timeline(assertions, functional=slot.functional, immutable=slot.immutable)


A, B, C = "Boston", "Chicago", "Denver"
CASES: list[tuple[str, list[Assertion], list[Row]]] = [
    ("nothing", [], []),
    ("one", [said(1, A, 1)], [Row(A, 1, None, ACTIVE, {1})]),
    ("told twice", [said(1, A, 1), said(2, A, 5)], [Row(A, 1, None, ACTIVE, {1, 2})]),
    ("changed", [said(1, A, 1), said(2, B, 5)],
     [Row(A, 1, 5, SUPERSEDED, {1}), Row(B, 5, None, ACTIVE, {2})]),
    ("changed twice", [said(1, A, 1), said(2, B, 5), said(3, C, 9)],
     [Row(A, 1, 5, SUPERSEDED, {1}), Row(B, 5, 9, SUPERSEDED, {2}),
      Row(C, 9, None, ACTIVE, {3})]),
    ("and back", [said(1, A, 1), said(2, B, 5), said(3, A, 9)],
     [Row(A, 1, 5, SUPERSEDED, {1}), Row(B, 5, 9, SUPERSEDED, {2}),
      Row(A, 9, None, ACTIVE, {3})]),
    ("told late", [said(2, B, 5), said(1, A, 1)],
     [Row(A, 1, 5, SUPERSEDED, {1}), Row(B, 5, None, ACTIVE, {2})]),
    ("an end told with it", [said(1, A, 1, until=7)], [Row(A, 1, 7, ACTIVE, {1})]),
    ("an end before the next", [said(1, A, 1, until=3), said(2, B, 5)],
     [Row(A, 1, 3, SUPERSEDED, {1}), Row(B, 5, None, ACTIVE, {2})]),
    ("an end after the next", [said(1, A, 1, until=9), said(2, B, 5)],
     [Row(A, 1, 5, SUPERSEDED, {1}), Row(B, 5, None, ACTIVE, {2})]),
    ("again after its end", [said(1, A, 1, until=3), said(2, A, 5)],
     [Row(A, 1, 3, SUPERSEDED, {1}), Row(A, 5, None, ACTIVE, {2})]),
    ("an end told later", [said(1, A, 1), said(2, A, 3, until=7)],
     [Row(A, 1, 7, ACTIVE, {1, 2})]),
    ("an end before it began", [said(1, A, 7, until=3)], [Row(A, 7, 7, ACTIVE, {1})]),
    ("only its end", [said(1, A, until=7)], [Row(A, None, 7, ACTIVE, {1})]),
    ("only the end of what holds", [said(1, A, 1), said(2, A, until=7)],
     [Row(A, 1, 7, ACTIVE, {1, 2})]),
    ("only the end of what held before", [said(1, A, until=4), said(2, B, 5)],
     [Row(A, None, 4, SUPERSEDED, {1}), Row(B, 5, None, ACTIVE, {2})]),
    ("only the end, beside what holds", [said(1, B, 1), said(2, A, until=4)],
     [Row(B, 1, None, ACTIVE, {1}), Row(A, None, 4, SUPERSEDED, {2})]),
    ("denied", [said(1, A, 1), said(2, "-" + A, 5)],
     [Row(A, 1, 5, SUPERSEDED, {1}), Row("-" + A, 5, None, ACTIVE, {2})]),
    ("denied twice", [said(1, A, 1), said(2, "-" + A, 5), said(3, "-" + A, 7)],
     [Row(A, 1, 5, SUPERSEDED, {1}), Row("-" + A, 5, None, ACTIVE, {2, 3})]),
    ("another denied", [said(1, A, 1), said(2, "-" + B, 5)],
     [Row(A, 1, None, ACTIVE, {1}), Row("-" + B, 5, None, ACTIVE, {2})]),
    ("denied before", [said(1, "-" + A, 1), said(2, A, 5)],
     [Row("-" + A, 1, 5, SUPERSEDED, {1}), Row(A, 5, None, ACTIVE, {2})]),
    ("denied for a time", [said(1, "-" + A, 1, until=3), said(2, A, 5)],
     [Row("-" + A, 1, 3, SUPERSEDED, {1}), Row(A, 5, None, ACTIVE, {2})]),
    ("a past denied", [said(1, A, 1), said(2, "-" + A, until=5)],
     [Row(A, 1, None, ACTIVE, {1}), Row("-" + A, None, 5, ACTIVE, {2})]),
    ("denied after its end", [said(1, A, 1, until=3), said(2, "-" + A, 5)],
     [Row(A, 1, 3, ACTIVE, {1}), Row("-" + A, 5, None, ACTIVE, {2})]),
    ("denied and again", [said(1, A, 1), said(2, "-" + A, 5), said(3, A, 9)],
     [Row(A, 1, 5, SUPERSEDED, {1}), Row("-" + A, 5, 9, SUPERSEDED, {2}),
      Row(A, 9, None, ACTIVE, {3})]),
    ("from one to the other in one passage",
     [said(1, A, 1), said(2, B, 5), said(2, "-" + A, 5)],
     [Row(A, 1, 5, SUPERSEDED, {1}), Row(B, 5, None, ACTIVE, {2}),
      Row("-" + A, 5, None, ACTIVE, {2})]),
    ("at one time, by sequence", [said(1, A, 1, sequence=2), said(2, B, 1, sequence=1)],
     [Row(B, 1, 1, SUPERSEDED, {2}), Row(A, 1, None, ACTIVE, {1})]),
    ("at one time, by telling",
     [said(1, A, 1, told_at=day(9)), said(2, B, 1, told_at=day(8))],
     [Row(B, 1, 1, SUPERSEDED, {2}), Row(A, 1, None, ACTIVE, {1})]),
    ("at one time, by episode", [said(1, A, 1), said(2, B, 1)],
     [Row(A, 1, 1, SUPERSEDED, {1}), Row(B, 1, None, ACTIVE, {2})]),
    ("in sequence", [said(1, A, sequence=7), said(2, B, sequence=3)],
     [Row(B, None, None, SUPERSEDED, {2}), Row(A, None, None, ACTIVE, {1})]),
    ("in sequence, denied", [said(1, A, sequence=1), said(2, "-" + A, sequence=3)],
     [Row(A, None, None, SUPERSEDED, {1}), Row("-" + A, None, None, ACTIVE, {2})]),
    ("a sequence before a date", [said(1, A, 1), said(2, B, sequence=3)],
     [Row(B, None, 1, SUPERSEDED, {2}), Row(A, 1, None, ACTIVE, {1})]),
    ("without order", [said(1, A), said(2, B)],
     [Row(A, None, None, ACTIVE, {1}), Row(B, None, None, ACTIVE, {2})]),
    ("without order, alike", [said(1, A), said(2, A)], [Row(A, None, None, ACTIVE, {1, 2})]),
    ("without order, beside a date", [said(1, A), said(2, B, 5)],
     [Row(A, None, None, ACTIVE, {1}), Row(B, 5, None, ACTIVE, {2})]),
    ("without order, like the last", [said(1, A), said(2, A, 1), said(3, B, 5), said(4, A, 9)],
     [Row(A, 1, 5, SUPERSEDED, {2}), Row(B, 5, 9, SUPERSEDED, {3}),
      Row(A, 9, None, ACTIVE, {1, 4})]),
    ("told more fully", [said(1, A, 1), said(2, "Boston, Massachusetts", 5)],
     [Row("Boston, Massachusetts", 1, None, ACTIVE, {1, 2})]),
    ("told more fully in two ways",
     [said(1, A, 1), said(2, "Boston, Massachusetts", 5), said(3, "Boston, Lincolnshire", 9)],
     [Row(A, 1, 5, SUPERSEDED, {1}), Row("Boston, Massachusetts", 5, 9, SUPERSEDED, {2}),
      Row("Boston, Lincolnshire", 9, None, ACTIVE, {3})]),
    ("one thing by two names",
     [said(1, "NYC", 1, object_id=UUID(int=9)), said(2, "New York", 5, object_id=UUID(int=9))],
     [Row("New York", 1, None, ACTIVE, {1, 2})]),
    ("events", [said(1, A, 1, form=Form.EVENT), said(2, B, 5, form=Form.EVENT)],
     [Row(A, 1, None, ACTIVE, {1}), Row(B, 5, None, ACTIVE, {2})]),
    ("an event on two days", [said(1, A, 1, form=Form.EVENT), said(2, A, 5, form=Form.EVENT)],
     [Row(A, 1, None, ACTIVE, {1}), Row(A, 5, None, ACTIVE, {2})]),
    ("an event told twice", [said(1, A, 1, form=Form.EVENT), said(2, A, 1, form=Form.EVENT)],
     [Row(A, 1, None, ACTIVE, {1, 2})]),
    ("an event ends no state", [said(1, A, 1), said(2, B, 5, form=Form.EVENT)],
     [Row(A, 1, None, ACTIVE, {1}), Row(B, 5, None, ACTIVE, {2})]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "assertions", "expected"), CASES, ids=[c[0] for c in CASES])
def test_a_value_that_changes(name: str, assertions: list[Assertion], expected: list[Row]) -> None:
    for order in permutations(assertions):
        assert rows(believed(HOME, order)) == expected


NEVER: list[tuple[str, list[Assertion], list[Row]]] = [
    ("told twice", [said(1, A, 1), said(2, A, 5)], [Row(A, 1, None, ACTIVE, {1, 2})]),
    ("corrected", [said(1, A, 1), said(2, B, 5)],
     [Row(A, 1, 1, INVALIDATED, {1}), Row(B, 5, None, ACTIVE, {2})]),
    ("and back", [said(1, A, 1), said(2, B, 5), said(3, A, 9)],
     [Row(A, 1, None, ACTIVE, {1, 3}), Row(B, 5, 5, INVALIDATED, {2})]),
    ("denied", [said(1, A, 1), said(2, "-" + A, 5)],
     [Row(A, 1, 1, INVALIDATED, {1}), Row("-" + A, 5, None, ACTIVE, {2})]),
    ("the correction denied", [said(1, A, 1), said(2, B, 5), said(3, "-" + B, 9)],
     [Row(A, 1, None, ACTIVE, {1}), Row(B, 5, 5, INVALIDATED, {2}),
      Row("-" + B, 9, None, ACTIVE, {3})]),
    ("denied before", [said(1, "-" + A, 1), said(2, A, 5)],
     [Row("-" + A, 1, 1, INVALIDATED, {1}), Row(A, 5, None, ACTIVE, {2})]),
    ("without order", [said(1, A), said(2, B, 5)],
     [Row(A, None, None, ACTIVE, {1}), Row(B, 5, None, ACTIVE, {2})]),
    ("denied without order", [said(1, "-" + A), said(2, A, 5)],
     [Row("-" + A, None, None, ACTIVE, {1}), Row(A, 5, None, ACTIVE, {2})]),
    ("the later telling of an earlier date",
     [said(1, A, 5, told_at=day(5)), said(2, B, 1, told_at=day(8))],
     [Row(B, 1, None, ACTIVE, {2}), Row(A, 5, 5, INVALIDATED, {1})]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "assertions", "expected"), NEVER, ids=[c[0] for c in NEVER])
def test_a_value_that_never_changes(
    name: str, assertions: list[Assertion], expected: list[Row]
) -> None:
    for order in permutations(assertions):
        assert rows(believed(BORN, order)) == expected


def test_one_of_many_values_is_ended_by_its_denial_alone() -> None:
    told = [said(1, "tea", 1), said(2, "-tea", 5), said(3, "tea", 9)]
    assert rows(believed(TEA, told)) == [
        Row("tea", 1, 5, SUPERSEDED, {1}),
        Row("-tea", 5, 9, SUPERSEDED, {2}),
        Row("tea", 9, None, ACTIVE, {3}),
    ]
    assert slot_of(ANNA, "likes", "coffee") != TEA
    assert slot_of(ANNA, "lives_in", "Paris") == HOME


def test_what_ended_and_what_cannot_be_true_together() -> None:
    changed = believed(HOME, [said(1, A, 1), said(2, B, 5)])
    assert [i.supersedes for i in changed] == [(), (0,)]
    assert [i.contradicts for i in changed] == [(), ()]
    denied = believed(HOME, [said(1, A, 1), said(2, "-" + A, 3), said(3, A, 5), said(4, B, 7)])
    assert [i.supersedes for i in denied] == [(), (0,), (1,), (2,)]
    ended = believed(HOME, [said(1, A, 1), said(2, "-" + A, 3), said(3, B, 5), said(4, A, 7)])
    assert [i.supersedes for i in ended] == [(), (0,), (), (1, 2)]
    again = believed(HOME, [said(1, "-" + A, 1), said(2, A, 3), said(3, B, 5), said(4, A, 7)])
    assert [i.supersedes for i in again] == [(), (0,), (1,), (2,)]
    unordered = believed(HOME, [said(1, A), said(2, B), said(3, "-" + A)])
    assert sorted(len(i.contradicts) for i in unordered) == [0, 0, 2]
    assert not any(i.supersedes for i in unordered)
    denied = believed(TEA, [said(1, "tea"), said(2, "-tea", 4)])
    assert sum(len(i.contradicts) for i in denied) == 1
    happened = [said(1, A, 1, form=Form.EVENT), said(2, "-" + A, 1, form=Form.EVENT)]
    assert sum(len(i.contradicts) for i in believed(HOME, happened)) == 1


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Boston", "boston", True),
        ("Boston", "Boston, Massachusetts", True),
        ("Boston", "Boston (MA)", True),
        ("engineer", "software engineer", True),
        ("an engineer", "engineer", True),
        ("Acme", "Acme Inc.", True),
        ("14 May", "May 14, 1990", True),
        ("14 May", "May 14th", True),
        ("+1 555-123 45", "155512345", True),
        ("31", "31 years old", True),
        ("York", "New York", False),
        ("Boston", "Boston College", False),
        ("engineer", "assistant engineer", False),
        ("engineer", "former engineer", False),
        ("vegetarian", "non-vegetarian", False),
        ("14 May", "15 May", False),
        ("31", "32", False),
        ("555-123 45", "555-123 46", False),
    ],
)
def test_which_values_are_the_same(a: str, b: str, same: bool) -> None:
    assert same_value(a, b) is same
    assert same_value(b, a) is same


@given(st.text())
def test_every_value_has_a_lasting_key(value: str) -> None:
    assert same_value(value, value)
    assert value_key(value) == value_key(value.replace("’", "'"))


def test_the_text_is_the_fullest() -> None:
    short, full = "Anna lives in Boston.", "Anna lives in a flat in Boston."
    told = [said(1, A, 1, text=short), said(2, A, 5, text=full), said(3, A, 9, text=short)]
    (interval,) = believed(HOME, told)
    assert interval.belief.text == full


@dataclass
class Memory:
    """A memory of the store below."""

    belief: Belief
    assertions: dict[AssertionKey, Assertion] = field(default_factory=dict)
    links: set[tuple[LinkKind, UUID]] = field(default_factory=set)


class Store:
    """Memories of one slot, changed by plans alone."""

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.memories: dict[UUID, Memory] = {}
        self.merged: dict[UUID, UUID] = {}
        self._made = 0

    def take(self, new: Sequence[Assertion]) -> int:
        """Do what the plan for these says; how many steps it had."""
        held = [
            Held(
                memory_id=memory_id,
                belief=memory.belief,
                assertions=tuple(memory.assertions.values()),
                links=frozenset(memory.links),
            )
            for memory_id, memory in self.memories.items()
        ]
        ops = plan(held, new, self.slot)
        added: list[UUID] = []
        for op in ops:
            if isinstance(op, Add):
                self._made += 1
                added.append(UUID(int=10_000 + self._made))
                rows = {new[n].key: new[n] for n in op.new}
                self.memories[added[-1]] = Memory(op.belief, rows)
            else:
                self._change(op, new, added)
        return len(ops)

    def _change(self, op: Op, new: Sequence[Assertion], added: Sequence[UUID]) -> None:
        def of(holder: Holder) -> Memory:
            return self.memories[_id(holder, added)]

        match op:
            case Confirm():
                for n in op.new:
                    assert new[n].key not in of(op.memory_id).assertions
                    of(op.memory_id).assertions[new[n].key] = new[n]
            case Move():
                for key in op.assertions:
                    of(op.target).assertions[key] = of(op.source).assertions.pop(key)
            case Amend():
                assert of(op.memory_id).belief != op.belief
                of(op.memory_id).belief = op.belief
            case Merge():
                assert not self.memories.pop(op.memory_id).assertions
                self.merged[op.memory_id] = _id(op.into, added)
            case Link():
                of(op.source).links.add((op.kind, _id(op.target, added)))
            case Unlink() if op.source in self.memories:
                of(op.source).links.remove((op.kind, op.target))

    def take_away(self, gone: AssertionKey) -> None:
        """Remove an assertion with the memories that rest on nothing else, then settle."""
        for memory_id, memory in list(self.memories.items()):
            memory.assertions.pop(gone, None)
            if not memory.assertions:
                del self.memories[memory_id]
        for memory in self.memories.values():
            memory.links = {link for link in memory.links if link[1] in self.memories}
        self.take([])

    def beliefs(self) -> set[tuple[object, ...]]:
        """All there is, without the ids: beliefs, their support, and the links between them."""
        support = {m: frozenset(memory.assertions) for m, memory in self.memories.items()}
        return {
            (
                memory.belief,
                support[memory_id],
                frozenset((kind, support[target]) for kind, target in memory.links),
            )
            for memory_id, memory in self.memories.items()
        }


def _id(holder: Holder, added: Sequence[UUID]) -> UUID:
    return added[holder] if isinstance(holder, int) else holder


days = st.none() | st.integers(1, 6)


@st.composite
def histories(draw: st.DrawFn) -> list[Assertion]:
    values = ["Boston", "Boston, MA", "Boston, UK", "Chicago", "NYC"]
    things = [None, None, UUID(int=7)]
    assertions = [
        said(
            draw(st.integers(1, 9)),
            draw(st.sampled_from(["", "", "-"])) + draw(st.sampled_from(values)),
            draw(days),
            until=draw(days),
            sequence=draw(st.none() | st.integers(1, 3)),
            told_at=day(draw(days)),
            form=draw(st.sampled_from([Form.STATE, Form.STATE, Form.STATE, Form.EVENT])),
            object_id=draw(st.sampled_from(things)),
            text=draw(st.sampled_from(["Anna moved.", "Anna moved there.", "She moved."])),
        )
        for _ in range(draw(st.integers(0, 7)))
    ]
    return list({a.key: a for a in assertions}.values())


slots = st.sampled_from([HOME, BORN, TEA])


def filled(slot: Slot, batches: Iterable[Sequence[Assertion]]) -> Store:
    store = Store(slot)
    for batch in batches:
        store.take(batch)
    return store


@settings(max_examples=60, deadline=None)
@given(histories(), slots, st.data())
def test_any_order_ends_in_the_same_beliefs(
    history: list[Assertion], slot: Slot, data: st.DataObject
) -> None:
    at_once = filled(slot, [history]).beliefs()
    order = data.draw(st.permutations(history))
    cut = data.draw(st.integers(0, len(order)))
    assert filled(slot, [[a] for a in order]).beliefs() == at_once
    assert filled(slot, [order[:cut], order[cut:]]).beliefs() == at_once
    expected = [(i.belief, frozenset(a.key for a in i.support)) for i in believed(slot, history)]
    assert {(belief, support) for belief, support, _ in at_once} == set(expected)


@settings(max_examples=60, deadline=None)
@given(histories(), slots, st.data())
def test_what_is_told_again_changes_nothing(
    history: list[Assertion], slot: Slot, data: st.DataObject
) -> None:
    store = filled(slot, [history])
    again = data.draw(st.lists(st.sampled_from(history))) if history else []
    assert store.take(again) == 0
    assert store.take([]) == 0


@settings(max_examples=60, deadline=None)
@given(histories(), slots, st.data())
def test_what_is_taken_away_was_never_there(
    history: list[Assertion], slot: Slot, data: st.DataObject
) -> None:
    if not history:
        return
    store = filled(slot, [[a] for a in history])
    gone = data.draw(st.sampled_from(history))
    store.take_away(gone.key)
    assert store.beliefs() == filled(slot, [[a for a in history if a != gone]]).beliefs()


@settings(max_examples=60, deadline=None)
@given(histories())
def test_one_value_at_a_time(history: list[Assertion]) -> None:
    ordered = [a for a in history if a.is_ordered and a.form is Form.STATE]
    active = [
        i.belief
        for i in believed(HOME, ordered)
        if i.belief.state is ACTIVE and not i.belief.negated
    ]
    assert len(active) <= 1
    for interval in believed(HOME, ordered):
        belief = interval.belief
        if belief.valid_at and belief.invalid_at:
            assert belief.valid_at <= belief.invalid_at


@settings(max_examples=60, deadline=None)
@given(histories(), slots)
def test_every_assertion_supports_one_belief(history: list[Assertion], slot: Slot) -> None:
    support = [a.key for i in believed(slot, history) for a in i.support]
    assert sorted(support, key=str) == sorted((a.key for a in history), key=str)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_history_does_not_overlap(history: list[Assertion]) -> None:
    dated = [replace(a, form=Form.STATE) for a in history if a.since]
    stays = [
        (i.belief.valid_at, i.belief.invalid_at)
        for i in believed(HOME, dated)
        if not i.belief.negated
    ]
    for (began, ended), (then, end) in combinations(stays, 2):
        assert began is not None
        assert then is not None
        assert (ended and ended <= then) or (end and end <= began)


def test_a_late_arrival_splits_and_its_erasure_joins_again() -> None:
    first, last, between = said(1, A, 1), said(3, A, 9), said(2, B, 5)
    store = filled(HOME, [[first], [last]])
    (original,) = store.memories
    store.take([between])
    assert [r[:4] for r in rows_of(store)] == [
        (A, 1, 5, SUPERSEDED), (B, 5, 9, SUPERSEDED), (A, 9, None, ACTIVE),
    ]  # fmt: skip
    assert store.memories[original].belief.valid_at == day(1)
    store.take_away(between.key)
    assert [r[:4] for r in rows_of(store)] == [(A, 1, None, ACTIVE)]
    assert list(store.memories) == [original]
    assert list(store.merged.values()) == [original]


def test_the_memory_with_most_of_the_evidence_stays() -> None:
    store = filled(HOME, [[said(1, A, 1), said(3, A, 7), said(4, A, 9)]])
    (original,) = store.memories
    store.take([said(2, B, 5)])
    assert store.memories[original].belief.valid_at == day(7)


def test_what_closed_a_memory_goes_away_and_it_opens_again() -> None:
    store = filled(HOME, [[said(1, A, 1)], [said(2, B, 5)]])
    store.take_away(said(2, B, 5).key)
    ((memory_id, memory),) = store.memories.items()
    assert memory_id == UUID(int=10_001)
    assert (memory.belief.state, memory.belief.invalid_at) == (ACTIVE, None)


def test_what_was_told_more_fully_is_bare_again() -> None:
    full = said(2, "Boston, Massachusetts", 5, text="Anna has a flat in Boston, Massachusetts.")
    store = filled(HOME, [[said(1, A, 1), full]])
    store.take_away(full.key)
    (memory,) = store.memories.values()
    assert (memory.belief.value, memory.belief.text) == (A, "Anna: Boston.")


def rows_of(store: Store) -> list[Row]:
    return rows(
        sorted(
            (
                Interval(belief=m.belief, support=tuple(m.assertions.values()))
                for m in store.memories.values()
            ),
            key=lambda i: min(a.place for a in i.support),
        )
    )
