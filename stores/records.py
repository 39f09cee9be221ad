"""The MemCube and its parts: frozen records, the only shape in which memories leave the stores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from uuid import UUID

from stores.ids import MemoryId, SpaceId

Item = TypeVar("Item")

#: A kind's payload, validated by the kind; read-only by convention once in a record.
Payload = Mapping[str, Any]
EMPTY: Payload = MappingProxyType({})


class MemoryType(StrEnum):
    """The four memory types."""

    EPISODIC = "episodic"
    SEMANTIC = "semantic"
    GRAPH = "graph"
    PARAMETRIC = "parametric"


class State(StrEnum):
    """Where a memory stands in its life."""

    STAGED = "staged"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    INVALIDATED = "invalidated"
    MERGED = "merged"
    ARCHIVED = "archived"
    QUARANTINED = "quarantined"
    ERASED = "erased"


class Tier(StrEnum):
    """How close to hand a memory is kept."""

    HOT = "hot"
    WARM = "warm"
    COLD = "cold"
    ARCHIVED = "archived"


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Characters [start, end) of a text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The characters the span covers."""
        return text[self.start : self.end]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """A link from a derived memory to the words of an episode it rests on."""

    episode_id: MemoryId
    external_id: str | None
    span: Span
    quote: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Method:
    """What made a memory: a writer's call, an extractor, a model with its prompt version."""

    name: str
    version: str
    model: str | None = None
    prompt: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a memory comes from."""

    #: `received` for episodes, `written` for memories a caller wrote, `derived` for the rest.
    origin: str
    #: Who wrote it: the name of the API key, or `service`.
    actor: str
    method: Method
    evidence: tuple[Evidence, ...] = ()
    derived_from: tuple[MemoryId, ...] = ()
    run_id: UUID | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """World time (`occurred_at`, `valid_at`, `invalid_at`) and system time, all UTC."""

    created_at: datetime
    occurred_at: datetime | None = None
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    expired_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Lifecycle:
    """State and strength. `strength` is in days, `retention` and `importance` in 0..1."""

    state: State = State.ACTIVE
    tier: Tier = Tier.HOT
    strength: float | None = None
    retention: float = 1.0
    importance: float = 0.5
    pinned: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Governance:
    """How far a memory may be trusted and shown. `trust` is in 0..1."""

    trust: float = 0.5
    sensitivity: tuple[str, ...] = ()
    visibility: str = "space"
    legal_hold: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """How often a memory was shown, used in an answer, and confirmed by another source."""

    retrieved: int = 0
    used: int = 0
    last_used_at: datetime | None = None
    confirmations: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class MemCube:
    """One version of one memory of any type."""

    id: MemoryId
    version: int
    space_id: SpaceId
    space: str
    type: MemoryType
    kind: str
    content: str
    provenance: Provenance
    time: Times
    data: Payload = field(default_factory=dict)
    #: The version in which the indexed text last changed; index entries are keyed by it.
    text_version: int = 1
    session_id: str | None = None
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    governance: Governance = field(default_factory=Governance)
    usage: Usage = field(default_factory=Usage)
    tags: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceLink:
    """Evidence as it is written: the episode and the characters, without the quote."""

    episode_id: MemoryId
    span: Span
    #: By which run the memory came to rest on it.
    run_id: UUID | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewMemory:
    """A memory about to be stored as its version 1."""

    id: MemoryId
    kind: str
    content: str
    provenance_origin: str
    actor: str
    method: Method
    created_at: datetime
    data: Payload = field(default_factory=dict)
    session_id: str | None = None
    occurred_at: datetime | None = None
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    expires_at: datetime | None = None
    run_id: UUID | None = None
    evidence: tuple[EvidenceLink, ...] = ()
    derived_from: tuple[MemoryId, ...] = ()
    state: State = State.ACTIVE
    importance: float = 0.5
    trust: float = 0.5
    sensitivity: tuple[str, ...] = ()
    visibility: str = "space"
    tags: tuple[str, ...] = ()
    external_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """What a space adds to the weights of a base model of ranking."""

    base: str
    version: int
    weights: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Space:
    """A named container of memories: the unit of sharing, policy, export and erasure."""

    id: SpaceId
    name: str
    policies: Payload
    created_at: datetime
    #: Parts of text in its index: how large it is to a search.
    parts: int = 0
    #: Vectors of cold memories, which are searched apart.
    cold: int = 0
    learned: Learned | None = None
    #: The one that answers its chats.
    adapter: MemoryId | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[Item]):
    """A stretch of a list, and the cursor that continues it."""

    items: tuple[Item, ...]
    next_cursor: str | None
