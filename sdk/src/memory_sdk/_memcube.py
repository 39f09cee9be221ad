"""The MemCube, the record of one memory of any type, and its parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """Base of all that the service answers; fields of a newer service are kept, not refused."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Evidence(Answer):
    """The characters [start, end) of an episode that a memory rests on."""

    episode_id: str
    external_id: str | None = None
    span: tuple[int, int]
    quote: str


class Method(Answer):
    """What made a memory: a call, an extractor, a model with its prompt."""

    name: str
    version: str
    model: str | None = None
    prompt: str | None = None


class Provenance(Answer):
    """Where a memory comes from."""

    origin: str
    actor: str
    evidence: tuple[Evidence, ...] = ()
    derived_from: tuple[str, ...] = ()
    method: Method | None = None
    run_id: str | None = None


class Times(Answer):
    """World time (`occurred_at`, `valid_at`, `invalid_at`) and system time, all in UTC."""

    occurred_at: datetime | None = None
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    created_at: datetime
    expired_at: datetime | None = None


class Lifecycle(Answer):
    """State and strength. `strength` is in days, `retention` and `importance` in 0..1."""

    state: str
    tier: str
    strength: float | None = None
    retention: float
    importance: float
    pinned: bool
    expires_at: datetime | None = None


class Governance(Answer):
    """How far a memory may be trusted (0..1) and to whom it is shown."""

    trust: float
    sensitivity: tuple[str, ...] = ()
    visibility: str
    legal_hold: bool


class Usage(Answer):
    """How often a memory was recalled, used in an answer, and confirmed by a further source."""

    retrieved: int
    used: int
    last_used_at: datetime | None = None
    confirmations: int = 0


class MemCube(Answer):
    """One version of one memory. `data` is the payload of its kind.

    cube = client.space("alice").memories.get(memory_id)
    cube.content, cube.version, cube.lifecycle.state, cube.provenance.evidence
    """

    id: str
    version: int
    space: str
    type: str
    kind: str
    content: str
    data: dict[str, Any]
    provenance: Provenance
    time: Times
    lifecycle: Lifecycle
    governance: Governance
    usage: Usage
    tags: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
