"""Who may see what, as of when: the one place that writes the conditions every read must meet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stores.ids import MemoryId, TenantId, now
from stores.records import Payload, Space, State

#: What a reader sees unless asked otherwise.
DEFAULT_STATES = (State.ACTIVE,)
#: With what was put out of the way.
ARCHIVED_STATES = (State.ACTIVE, State.ARCHIVED)
#: States of memories that were right once.
HISTORICAL_STATES = (State.ACTIVE, State.SUPERSEDED, State.INVALIDATED)


_SINCE = """(m.occurred_at >= :since OR (
        m.occurred_at IS NULL AND (m.invalid_at IS NULL OR m.invalid_at > :since)))"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """The tenant and the spaces a call may read, and when it is made."""

    tenant: TenantId
    spaces: tuple[Space, ...]
    #: What has ended or expired by then is not seen.
    at: datetime = field(default_factory=now)

    @property
    def space_ids(self) -> list[Any]:
        """The ids, as statements bind them."""
        return [space.id for space in self.spaces]

    @property
    def parts(self) -> int:
        """How many indexed parts the spaces hold together."""
        return sum(space.parts for space in self.spaces)

    @property
    def cold(self) -> int:
        """How many vectors of cold memories the spaces hold together."""
        return sum(space.cold for space in self.spaces)


@dataclass(frozen=True, kw_only=True, slots=True)
class AsOf:
    """A point on either time axis.

    Without `known` it is what is known now. Without both, what has ended in the world is left out,
    unless history is asked for by state.
    """

    #: What held in the world then.
    valid: datetime | None = None
    #: What the system knew then.
    known: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """What a search or list is limited to. Empty tuples and None do not limit."""

    types: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    states: tuple[State, ...] = DEFAULT_STATES
    session_id: str | None = None
    #: World time, [start, end): episodes that occurred in it, facts valid at some time in it.
    since: datetime | None = None
    until: datetime | None = None
    as_of: AsOf = field(default_factory=AsOf)
    tags: tuple[str, ...] = ()
    speaker: str | None = None
    metadata: Payload = field(default_factory=dict)
    #: Whether it is for a recall, which leaves out events, summaries, prefixes,
    #: entities and relations by default.
    recalled: bool = False
    #: What has to do with one of these entities; None does not limit.
    entities: tuple[MemoryId, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Conditions:
    """SQL conditions on the alias `m` of `memories`, by name, and the values they bind."""

    #: What a memory can fail by; whoever explains a recall says it by these names.
    named: Mapping[str, str]
    values: Mapping[str, Any]

    @property
    def sql(self) -> str:
        """All of them, as they stand behind WHERE."""
        return "\n  AND ".join(self.named.values())


def visible(scope: Scope, limits: Filter) -> Conditions:
    """The conditions for `m`: tenant, spaces, versions as of then, states and the filter."""
    named = {
        "tenant": "m.tenant_id = :tenant",
        "space": "m.space_id = ANY(:spaces)",
        "state": "m.state = ANY(:states)",
        "expires_at": "(m.expires_at IS NULL OR m.expires_at > :now)",
    }
    values: dict[str, Any] = {
        "spaces": scope.space_ids,
        "states": [str(s) for s in limits.states],
        "now": scope.at,
    }

    def add(name: str, condition: str, **bound: Any) -> None:
        named[name] = condition
        values.update(bound)

    if limits.recalled:
        _add_recalled(add, limits)
    _add_as_of(add, limits)
    if limits.types:
        add("types", "m.type = ANY(:types)", types=list(limits.types))
    if limits.kinds:
        add("kinds", "m.kind = ANY(:kinds)", kinds=list(limits.kinds))
    if limits.session_id is not None:
        add("session_id", "m.session_id = :session_id", session_id=limits.session_id)
    if limits.since is not None:
        add("since", _SINCE, since=limits.since)
    if limits.until is not None:
        add("until", "coalesce(m.occurred_at, m.valid_at, m.created_at) < :until",
            until=limits.until)  # fmt: skip
    if limits.tags:
        add("tags", "m.tags @> CAST(:tags AS text[])", tags=list(limits.tags))
    _add_contents(add, limits)
    return Conditions(named=named, values=values)


def _add_recalled(add: Any, limits: Filter) -> None:
    """A recall leaves out what tells again what others tell, unless it asks for that."""
    if "event" not in limits.kinds:
        add("event", "NOT (m.kind = 'event' AND m.origin = 'derived')")
    if "summary" not in limits.kinds:
        add("summary", "NOT (m.kind = 'summary' AND m.origin = 'derived')")
    if not {"prefix", "soft_prompt"} & set(limits.kinds):
        add("prefix", "NOT (m.kind IN ('prefix', 'soft_prompt') AND m.origin = 'derived')")
    if "graph" not in limits.types and not {"entity", "relation"} & set(limits.kinds):
        add("graph", "m.type <> 'graph'")


def _add_contents(add: Any, limits: Filter) -> None:
    if limits.speaker is not None:
        add("speaker", "m.data->>'speaker' = :speaker", speaker=limits.speaker)
    if limits.metadata:
        add("metadata", "m.data->'metadata' @> CAST(:metadata AS jsonb)",
            metadata=json.dumps(dict(limits.metadata)))  # fmt: skip
    if limits.entities is not None:
        add("entities", """EXISTS (
            SELECT FROM mentions n WHERE n.tenant_id = :tenant AND n.memory_id = m.memory_id
            AND n.entity_id = ANY(:entities))""", entities=list(limits.entities))  # fmt: skip


def _add_as_of(add: Any, limits: Filter) -> None:
    as_of = limits.as_of
    if as_of.known is None:
        add("known", "m.expired_at IS NULL")
    else:
        add("known", "m.created_at <= :known AND (m.expired_at IS NULL OR m.expired_at > :known)",
            known=as_of.known)  # fmt: skip
    if as_of.valid is not None:
        add("valid", "coalesce(m.valid_at, m.occurred_at, m.created_at) <= :valid"
            " AND (m.invalid_at IS NULL AND m.state = 'active' OR m.invalid_at > :valid)",
            valid=as_of.valid)  # fmt: skip
    elif as_of.known is None and limits.states in {DEFAULT_STATES, ARCHIVED_STATES}:
        # Who asks for what holds gets nothing that has ended, marked as ended or not.
        add("invalid_at", "(m.invalid_at IS NULL OR m.invalid_at > :now)")
