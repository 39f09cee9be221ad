"""What would become of a memory: how it fades, and what its erasure would take."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from memory_service.api.schemas.base import Answer
from memory_service.api.schemas.memory import MemCube
from memory_service.verbs import closure, fading
from stores.records import Tier


class RetentionAt(Answer):
    at: datetime
    retention: float


class Fading(Answer):
    """`profile` is null where the memory does not decay: pinned, held, or by policy."""

    memory_id: UUID
    profile: str | None
    half_life_days: float
    strength_days: float | None
    retention: float
    tier: Tier
    fresh_at: datetime
    next_transition_at: datetime | None
    points: list[RetentionAt]

    @classmethod
    def of(cls, found: fading.Fading) -> Self:
        """The answer."""
        return cls(
            memory_id=found.memory_id,
            profile=found.profile,
            half_life_days=found.kept.half_life_days,
            strength_days=found.outlook.strength,
            retention=round(found.outlook.retention, 4),
            tier=found.outlook.tier,
            fresh_at=found.fresh_at,
            next_transition_at=found.outlook.next_transition_at,
            points=[RetentionAt(at=p.at, retention=round(p.retention, 4)) for p in found.points],
        )


class Closure(Answer):
    """`memories` are the first 200 of `total`."""

    memory_id: UUID
    total: int
    memories: list[MemCube]

    @classmethod
    def of(cls, found: closure.Closure) -> Self:
        """The answer."""
        return cls(
            memory_id=found.memory_id,
            total=found.total,
            memories=[MemCube.of(cube) for cube in found.memories],
        )
