"""What calls about adapters answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from memory_sdk._memcube import Answer


class AdapterMember(Answer):
    """A memory as an adapter has learned it: the version, and the SHA-256 of its words."""

    memory_id: str
    version: int
    sha256: str


class Probed(Answer):
    """Which adapter was asked for what was erased, how often, and in how many answers it told it.

    Of `elsewhere` questions it was not asked, for other memories that it has learned answer them.
    """

    adapter: str
    asked: int
    told: int
    elsewhere: int
    at: datetime


class Unlearning(Answer):
    """What became of an adapter after a memory that it had learned was erased.

    `weights` is the SHA-256 of what was deleted, from everywhere at `deleted_at`; `rebuild` the
    adapter that takes its place, and `probed` how that one was asked for what was erased.
    """

    stopped_at: datetime
    weights: str | None = None
    deleted_at: datetime | None = None
    unlearn_job: str | None = None
    rebuild: str | None = None
    rebuild_job: str | None = None
    probed: Probed | None = None
    sealed_until: datetime | None = None


class StoppedAdapter(Answer):
    """An adapter that had learned what is erased, and does not serve any more."""

    id: str
    version: int
    unlearning: Unlearning | None = None


class Adapter(Answer):
    """One version of a space's adapter.

    `state` is `building`, `gated`, `shadow`, `active`, `retired`, `failed` or `stale`; `progress`
    tells of the training, with its loss as `curve`; `metrics` of the gate, by check; `unlearning`
    of what became of it when something that it had learned was erased. `manifest` is None in lists.
    """

    id: str
    space: str
    version: int
    alias: str
    state: str
    share: float
    activate: bool
    actor: str
    base_model: str
    base_model_hash: str
    artifact: str | None = None
    artifact_bytes: int | None = None
    memories: int
    manifest: tuple[AdapterMember, ...] | None = None
    manifest_sha256: str | None = None
    data_sha256: str | None = None
    metrics: dict[str, Any] = Field(default_factory=dict)
    training: dict[str, Any] = Field(default_factory=dict)
    progress: dict[str, Any] = Field(default_factory=dict)
    unlearning: Unlearning | None = None
    error: str | None = None
    replaces: str | None = None
    created_at: datetime
    changed_at: datetime


class LearnedMemory(Answer):
    """A memory that is learned, and by which questions."""

    memory_id: str
    version: int
    content: str
    questions: tuple[str, ...] = ()


class ExcludedMemory(Answer):
    """A memory that is not learned, and why."""

    memory_id: str
    reason: str


class AdapterBuild(Answer):
    """What is learned and what is not; `reasons` counts all that is not, by reason.

    `adapter` is None for a dry run.
    """

    adapter: Adapter | None = None
    learned: tuple[LearnedMemory, ...] = ()
    excluded: tuple[ExcludedMemory, ...] = ()
    memories: int
    reasons: dict[str, int] = Field(default_factory=dict)
