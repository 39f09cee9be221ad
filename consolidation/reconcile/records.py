"""What reconciling works on: what was asserted, what is believed, and what is to be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from consolidation.extract.protocol import Form
from consolidation.reconcile.values import value_key
from stores.predicates import predicate
from stores.records import State

_BEGINNING = datetime.min.replace(tzinfo=UTC)

#: What makes an assertion the one it is: an episode says one thing at one place only once.
AssertionKey: TypeAlias = tuple[UUID, int, int, str, bool]
#: A memory by its id, or the n-th `Add` of the same plan.
Holder: TypeAlias = UUID | int


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """What one belief at a time answers: where she lives, or whether she likes tea."""

    subject_id: UUID
    predicate: str
    #: Which of the values it is about; None where a subject has one value at a time.
    object: str | None

    @property
    def functional(self) -> bool:
        """Whether another value ends the one before."""
        return self.object is None

    @property
    def immutable(self) -> bool:
        """Whether another value says that the one before was wrong."""
        return predicate(self.predicate).immutable


def slot_of(subject_id: UUID, name: str, value: str, object_id: UUID | None = None) -> Slot:
    """The slot of a claim; its object is told by the entity it is, or else by its words."""
    if predicate(name).functional:
        return Slot(subject_id=subject_id, predicate=name, object=None)
    told = value_key(value) if object_id is None else str(object_id)
    return Slot(subject_id=subject_id, predicate=name, object=told)


@dataclass(frozen=True, kw_only=True, slots=True)
class Assertion:
    """That a passage of an episode states a value: one row of evidence."""

    episode_id: UUID
    start: int
    end: int
    #: The object as it was written, and the entity it is, if it is one.
    value: str
    object_id: UUID | None = None
    negated: bool = False
    form: Form = Form.STATE
    #: Since and until when it holds, as far as it says.
    since: datetime | None = None
    until: datetime | None = None
    #: Its place in the order of things, where the writer gave one.
    sequence: int | None = None
    #: When it was said; decides between what is said of one and the same time.
    told_at: datetime | None = None
    #: The memory that it would make by itself.
    text: str

    @property
    def key(self) -> AssertionKey:
        """What makes it the one it is."""
        return (self.episode_id, self.start, self.end, self.value, self.negated)

    @property
    def is_ordered(self) -> bool:
        """Whether anything tells what came before it and what after."""
        return not (self.since is None and self.until is None and self.sequence is None)

    @property
    def place(self) -> tuple[object, ...]:
        """Where it stands in the order of the world: those without a date before all others.

        What is known to be over, but not since when, stands where it ended.
        """
        began = self.since or self.until
        return (began is not None, began or _BEGINNING, *self._telling)

    @property
    def telling(self) -> tuple[object, ...]:
        """Where it stands in the order of telling."""
        told = self.told_at or self.since or self.until
        return (told is not None, told or _BEGINNING, *self._telling)

    @property
    def _telling(self) -> tuple[object, ...]:
        numbered = (self.sequence is not None, self.sequence or 0)
        # A passage that tells of a change names the new value first: it ends the old one.
        passage = (self.episode_id, self.start, self.end, self.negated, self.value)
        return (*numbered, self.told_at or _BEGINNING, *passage)


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """What a memory says of a slot: the part of it that follows from its evidence."""

    value: str
    object_id: UUID | None
    negated: bool
    form: Form
    valid_at: datetime | None
    invalid_at: datetime | None
    #: `active`; `superseded`, it was true until; or `invalidated`, it never was.
    state: State
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A belief with the assertions it rests on, one of the timeline of a slot."""

    belief: Belief
    support: tuple[Assertion, ...]
    #: Places in the timeline: what it ended or corrected, and what cannot be true beside it.
    supersedes: tuple[int, ...] = ()
    contradicts: tuple[int, ...] = ()


class LinkKind(StrEnum):
    """How a memory of a slot stands to another."""

    SUPERSEDES = "supersedes"
    CONTRADICTS = "contradicts"


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A memory of the slot as it is stored, with its evidence and the links that go out from it."""

    memory_id: UUID
    belief: Belief
    assertions: tuple[Assertion, ...]
    links: frozenset[tuple[LinkKind, UUID]] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Add:
    """Make a memory of some of the new assertions, given by their places."""

    belief: Belief
    new: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirm:
    """Add new assertions to the evidence of a memory."""

    memory_id: UUID
    new: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """Evidence that a memory has to hand over to another."""

    source: UUID
    target: Holder
    assertions: tuple[AssertionKey, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Amend:
    """A memory says something else from now on."""

    memory_id: UUID
    belief: Belief


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """A memory whose evidence others hold now, most of it the one it goes into."""

    memory_id: UUID
    into: Holder


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A link between two memories of the slot that is to be made."""

    source: Holder
    target: Holder
    kind: LinkKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Unlink:
    """A link between two memories of the slot that no longer holds."""

    source: UUID
    target: UUID
    kind: LinkKind


Op: TypeAlias = Add | Confirm | Move | Amend | Merge | Link | Unlink
