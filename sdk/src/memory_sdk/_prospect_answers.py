"""What calls about the caller, the process, and what would become of a memory answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from memory_sdk._memcube import Answer, MemCube


class Principal(Answer):
    """Whose key it is; `spaces` limits it to these, None is every space of the tenant."""

    key_id: str
    name: str
    role: str
    spaces: tuple[str, ...] | None = None


class Setting(Answer):
    """A variable of the service's environment; the value of a secret is masked."""

    name: str
    value: Any = None
    is_default: bool
    is_secret: bool


class RetentionAt(Answer):
    """How much of a memory is left then."""

    at: datetime
    retention: float


class Fading(Answer):
    """What is left of a memory, and will be if nobody uses it.

    `profile` is None where it does not decay: pinned, held, or by policy.
    """

    memory_id: str
    profile: str | None = None
    half_life_days: float
    strength_days: float | None = None
    retention: float
    tier: str
    fresh_at: datetime
    next_transition_at: datetime | None = None
    points: tuple[RetentionAt, ...] = ()


class Closure(Answer):
    """What an erasure would take; `memories` are the first 200 of `total`."""

    memory_id: str
    total: int
    memories: tuple[MemCube, ...]


class Conversation(Answer):
    """A session: its episodes, from when to when they occurred, and who spoke."""

    session_id: str
    episodes: int
    begun_at: datetime
    spoken_at: datetime
    speakers: tuple[str, ...] = ()
