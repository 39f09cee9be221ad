"""What callers hand in: episodes, points in time, and the keyword arguments calls share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field

MemoryType = Literal["episodic", "semantic", "graph", "parametric"]
RecallMode = Literal["fast", "deep", "auto"]
ForgetMode = Literal["invalidate", "archive", "erase"]
Outcome = Literal["success", "failure"]
Visibility = Literal["private", "session", "space", "tenant"]
Role = Literal["admin", "writer", "reader"]


class _Given(BaseModel):
    """Base of what callers build: a misspelt field is an error, not a silent loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Episode(_Given):
    """Something to remember, as it was received.

        Episode(content="I moved to Lisbon", speaker="Ana", session_id="s1", external_id="m-17")

    With an `external_id`, remembering it again changes nothing. `steps` are for the kind
    `trajectory`, `title` is for the kind `document`.
    """

    content: str
    kind: str = "message"
    role: str = "user"
    speaker: str | None = None
    occurred_at: datetime | None = None
    #: Its place in the order of things, where there are no dates.
    sequence: int | None = None
    session_id: str | None = None
    external_id: str | None = None
    title: str | None = None
    steps: Sequence[Mapping[str, Any]] = ()
    tags: Sequence[str] = ()
    metadata: Mapping[str, Any] = Field(default_factory=dict)


class AsOf(_Given):
    """A point on either time axis: what held in the world, what the service knew."""

    valid: datetime | None = None
    known: datetime | None = None


class EpisodeOptions(TypedDict, total=False):
    """Fields given once for all episodes of a call; an episode's own fields win."""

    kind: str
    role: str
    speaker: str | None
    occurred_at: datetime | None
    session_id: str | None
    tags: Sequence[str]
    metadata: Mapping[str, Any]


class RecallOptions(TypedDict, total=False):
    """What a recall is limited to and how it is done; None does not limit."""

    types: Sequence[MemoryType]
    kinds: Sequence[str]
    mode: RecallMode
    as_of: AsOf | None
    #: World time from (inclusive) to (exclusive); None is open.
    time_range: tuple[datetime | None, datetime | None] | None
    #: What "yesterday" in the query is relative to; by default now.
    reference_time: datetime | None
    #: The last turns of the conversation, oldest first: they complete "And her sister?".
    recent: Sequence[str]
    #: Channels or stages to leave out, to see what each is worth.
    without: Sequence[str]
    session_id: str | None
    #: `{"tags": [...], "speaker": "...", "metadata": {...}}`; all must match.
    filters: Mapping[str, Any] | None
    explain: bool
    include_superseded: bool
    #: Whether memories that were put out of the way are searched, too.
    include_archived: bool


class EvidenceRef(TypedDict, total=False):
    """The episode a memory rests on, by either id, and the characters; without span, all."""

    episode_id: str
    external_id: str
    span: tuple[int, int]


class MemoryOptions(TypedDict, total=False):
    """What may be said of a memory besides its kind and content."""

    data: Mapping[str, Any]
    valid_at: datetime
    invalid_at: datetime | None
    expires_at: datetime | None
    importance: float
    sensitivity: Sequence[str]
    tags: Sequence[str]
    evidence: Sequence[EvidenceRef]


class MemoryChanges(TypedDict, total=False):
    """What an update may change; the rest stays.

    `invalid_at=None` takes back an end, `expires_at=None` an expiry. `trust` and `legal_hold` take
    an admin's key.
    """

    content: str
    data: Mapping[str, Any]
    valid_at: datetime
    invalid_at: datetime | None
    expires_at: datetime | None
    importance: float
    trust: float
    sensitivity: Sequence[str]
    visibility: Visibility
    legal_hold: bool
    tags: Sequence[str]


class MemoryFilters(TypedDict, total=False):
    """What a list of memories is limited to; `q` are words that must all occur."""

    type: MemoryType | None
    kind: str | None
    state: str | None
    session_id: str | None
    tag: str | None
    entity: str | None
    q: str | None
    as_of: datetime | None


def checked(given: Mapping[str, object], known: type) -> dict[str, object]:
    """The keyword arguments as given; raises TypeError for one that the call does not have.

    Without this, a misspelt limit would reach the service as no limit at all.
    """
    unknown = sorted(given.keys() - known.__annotations__.keys())
    if unknown:
        raise TypeError(f"unexpected keyword argument {unknown[0]!r}")
    return dict(given)
