"""Adapters as callers see them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from consolidation.distill.selection import Reason
from memory_service.api.schemas.base import Answer, Ratio, Schema
from memory_service.verbs import adapters
from stores.adapter_erasing import account_of
from stores.parametric import ALIAS, AdapterRow, AdapterState

#: Memories of an answer, learned or not, at most; their numbers are told in any case.
_SHOWN = 1000
Alias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class BuildIn(Schema):
    """What to build; with `dry_run` nothing is, and the answer tells what would be learned."""

    alias: Alias = ALIAS
    activate: bool = False
    dry_run: bool = False


class ShadowIn(Schema):
    """Of the space's requests, what share the shadow serves; 0 keeps it at hand only."""

    share: Ratio = 0.0


class AdapterMember(Answer):
    """A memory as it was learned."""

    memory_id: UUID
    version: int
    sha256: str


class Probed(Answer):
    """Which adapter was asked for what was erased, how often, and in how many answers it told it.

    Of `elsewhere` questions it was not asked, for other memories that it has learned answer them.
    """

    adapter: UUID
    asked: int
    told: int
    elsewhere: int
    at: datetime


class Unlearning(Answer):
    """What became of an adapter after a memory that it had learned was erased.

    `weights` is the SHA-256 of what was deleted, from everywhere at `deleted_at`; `rebuild` the
    adapter that takes its place. Until it has been asked, what it is asked is kept sealed, at most
    until `sealed_until`.
    """

    stopped_at: datetime
    weights: str | None
    deleted_at: datetime | None
    unlearn_job: UUID | None
    rebuild: UUID | None
    rebuild_job: UUID | None
    probed: Probed | None
    sealed_until: datetime | None

    @classmethod
    def of(cls, row: AdapterRow) -> Self | None:
        """The answer for a record; None for an adapter that was not stopped so."""
        told = account_of(row.progress)
        if told is None:
            return None
        probed = told.probed
        return cls(
            stopped_at=told.stopped_at, weights=told.weights, deleted_at=told.deleted_at,
            unlearn_job=told.unlearn_job, rebuild=told.rebuild, rebuild_job=told.rebuild_job,
            probed=None if probed is None else Probed(
                adapter=probed.adapter, asked=probed.asked, told=probed.told,
                elsewhere=probed.elsewhere, at=probed.at,
            ),
            sealed_until=told.sealed_until,
        )  # fmt: skip


class StoppedAdapter(Answer):
    """An adapter that had learned what is erased, and does not serve any more."""

    id: UUID
    version: int
    unlearning: Unlearning | None

    @classmethod
    def of(cls, row: AdapterRow) -> Self:
        """The answer for a record."""
        return cls(id=row.id, version=row.version, unlearning=Unlearning.of(row))


class Adapter(Answer):
    """One version of a space's adapter. `manifest` is told of a single adapter only."""

    id: UUID
    space: str
    version: int
    alias: str
    state: AdapterState
    share: float
    activate: bool
    actor: str
    base_model: str
    base_model_hash: str
    artifact: str | None
    artifact_bytes: int | None
    memories: int
    manifest: list[AdapterMember] | None
    manifest_sha256: str | None
    data_sha256: str | None
    metrics: dict[str, Any]
    training: dict[str, Any]
    progress: dict[str, Any]
    unlearning: Unlearning | None
    error: str | None
    replaces: UUID | None
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, row: AdapterRow, *, whole: bool = False) -> Self:
        """The answer for a record."""
        manifest = [
            AdapterMember(memory_id=m.memory_id, version=m.version, sha256=m.sha256)
            for m in row.manifest
        ]
        return cls(
            id=row.id, space=row.space, version=row.version, alias=row.alias, state=row.state,
            share=row.share, activate=row.activate, actor=row.actor, base_model=row.base_model,
            base_model_hash=row.base_model_hash,
            artifact=None if row.artifact_sha256 is None else row.artifact_sha256.hex(),
            artifact_bytes=row.artifact_bytes, memories=len(manifest),
            manifest=manifest if whole else None, manifest_sha256=row.manifest_sha256,
            data_sha256=row.data_sha256, metrics=dict(row.metrics), training=dict(row.training),
            progress={n: told for n, told in row.progress.items() if n != "unlearn"},
            unlearning=Unlearning.of(row), error=row.error, replaces=row.replaces,
            created_at=row.created_at, changed_at=row.changed_at,
        )  # fmt: skip


class AdapterList(Answer):
    items: list[Adapter]
    next_cursor: str | None


class Learned(Answer):
    """A memory that is learned, and by which questions."""

    memory_id: UUID
    version: int
    content: str
    questions: list[str]


class NotLearned(Answer):
    """A memory that is not learned, and why."""

    memory_id: UUID
    reason: Reason


class BuildOut(Answer):
    """What is learned and what is not, at most 1000 of each; `reasons` counts all that are not."""

    adapter: Adapter | None
    learned: list[Learned]
    excluded: list[NotLearned]
    memories: int
    reasons: dict[str, int]

    @classmethod
    def of(cls, build: adapters.Build) -> Self:
        """The answer for a record."""
        selected = build.selected
        return cls(
            adapter=None if build.adapter is None else Adapter.of(build.adapter),
            learned=[
                Learned(
                    memory_id=one.candidate.id, version=one.candidate.version,
                    content=one.candidate.content, questions=list(one.lesson.forms.taught),
                )
                for one in selected.chosen[:_SHOWN]
            ],
            excluded=[
                NotLearned(memory_id=one.candidate.id, reason=one.reason)
                for one in selected.excluded[:_SHOWN]
            ],
            memories=len(selected.chosen),
            reasons=dict(sorted(Counter(str(one.reason) for one in selected.excluded).items())),
        )  # fmt: skip
