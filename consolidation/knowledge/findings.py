"""What is to be written: candidates with their sources, as a run will know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from consolidation.extract.protocol import Candidate, Mention
from stores.ids import MemoryId
from stores.records import Method
from stores.writing import Embedded


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """An episode that something was found in."""

    id: MemoryId
    session_id: str | None = None
    #: Who said it.
    speaker: Mention | None = None
    #: When it was said; None where only a sequence tells.
    said_at: datetime | None = None
    sequence: int | None = None
    sensitivity: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A candidate that was admitted, under the id it gets if it becomes a memory of its own."""

    id: MemoryId
    candidate: Candidate
    #: The memory that says the same in nearly the same words.
    repeats: MemoryId | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """All that one run writes."""

    sources: Mapping[MemoryId, Source]
    findings: tuple[Finding, ...]
    #: What each source names.
    mentions: Mapping[MemoryId, tuple[Mention, ...]] = field(default_factory=dict)
    #: Embeddings of the findings, by their ids, as far as they were made.
    embedded: Embedded | None = None
    method: Method
    #: `derived` by the service, or `written` by a caller, whose names stand for things as they are.
    origin: str = "derived"
    actor: str = "service"
    run_id: UUID
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What became of the findings."""

    #: Per finding, by its id: the memory that holds it now.
    holders: Mapping[MemoryId, MemoryId]
    stored: tuple[MemoryId, ...]
    confirmed: tuple[MemoryId, ...]
    amended: tuple[MemoryId, ...]
    entities: int
    #: The entity of every mention.
    named: Mapping[Mention, MemoryId]
