"""Runs as callers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from memory_service.api.schemas.base import Answer, Schema
from memory_service.api.schemas.memory import MemCube
from memory_service.verbs.runs import RunDetail as RunDetailRecord
from stores import runs


class RunSummary(Answer):
    id: UUID
    space: str
    job_id: UUID | None
    method: dict[str, Any]
    counts: dict[str, int]
    notes: list[str]
    started_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None

    @classmethod
    def of(cls, run: runs.Run) -> Self:
        """The answer for a record."""
        return cls(
            id=run.id,
            space=run.space,
            job_id=run.job_id,
            method=dict(run.method),
            counts=dict(run.counts),
            notes=list(run.notes),
            started_at=run.started_at,
            finished_at=run.finished_at,
            undone_at=run.undone_at,
        )


class RunList(Answer):
    items: list[RunSummary]
    next_cursor: str | None


class RunChange(Answer):
    """The versions before and after; null where there is none, or nothing but a confirmation."""

    memory_id: UUID
    before: int | None
    after: int | None
    confirmations: int


class RunDetail(RunSummary):
    """A run with what it did, and what it made that is still current; at most 1,000 of each."""

    changes: list[RunChange]
    memories: list[MemCube]

    @classmethod
    def of_detail(cls, found: RunDetailRecord) -> Self:
        """The answer for a record."""
        return cls(
            **dict(RunSummary.of(found.run)),
            changes=[
                RunChange(
                    memory_id=c.memory_id,
                    before=c.before,
                    after=c.after,
                    confirmations=c.confirmations,
                )
                for c in found.changes
            ],
            memories=[MemCube.of(cube) for cube in found.made],
        )


class UndoIn(Schema):
    """With `cascade`, later runs that built on it are undone with it."""

    cascade: bool = False


class Undone(Answer):
    """The runs that were undone, by which run, and the memories that are gone or as before."""

    run_id: UUID
    runs: list[UUID]
    removed: list[UUID]
    restored: list[UUID]
