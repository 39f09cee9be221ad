"""The prefix of a space: the text its chats begin with, what that is made of, whether it still is.

A prefix rests on the text of each memory in it. Whether one has changed is looked at whenever the
prefix is asked for, so that none is shown for a moment longer than its memories hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId
from stores.marks import Mark, put

#: By which job prefixes are made; its mark says which one it made last. Their kinds.
NAME = "prefix"
PREFIX, SOFT_PROMPT = "prefix", "soft_prompt"

#: What may stand in front of everything a model is asked: shown to all of the space, trusted,
#: not sensitive, and so now.
_FIT = """{m}.expired_at IS NULL AND {m}.state = 'active'
          AND {m}.visibility IN ('space', 'tenant') AND {m}.sensitivity = '{{}}'
          AND {m}.trust >= :trust
          AND ({m}.invalid_at IS NULL OR {m}.invalid_at > :now)
          AND ({m}.valid_at IS NULL OR {m}.valid_at <= :now)
          AND ({m}.expires_at IS NULL OR {m}.expires_at > :now)
          AND {m}.data->>'stale' IS DISTINCT FROM 'true'"""
#: By marks_pk, and a look at each member by its id.
_ACTIVE = text(f"""
    SELECT p.memory_id, p.version, p.content, p.data, p.created_at, NOT EXISTS (
        SELECT 1 FROM jsonb_array_elements(p.data->'members') AS x(member)
        LEFT JOIN memories s ON s.tenant_id = :tenant
            AND s.memory_id = CAST(x.member->>0 AS uuid) AND {_FIT.format(m="s")}
        WHERE s.text_version IS DISTINCT FROM CAST(x.member->>1 AS int)
    ) AND NOT EXISTS (
        SELECT 1 FROM jsonb_each_text(p.data->'blocks') AS x(name, version)
        WHERE CAST(x.version AS int) IS DISTINCT FROM (
            SELECT max(b.version) FROM blocks b
            WHERE b.tenant_id = :tenant AND b.space_id = :space AND b.name = x.name)
    ) AS holds
    FROM marks k
    JOIN memories p ON p.tenant_id = :tenant AND p.memory_id = k.last_id
        AND p.expired_at IS NULL AND p.state = 'active' AND p.kind = '{PREFIX}'
    WHERE k.tenant_id = :tenant AND k.space_id = :space AND k.job = '{NAME}'
""")
_GIVEN_UP = text(f"""
    SELECT p.data->>'hash' FROM marks k
    JOIN memories p ON p.tenant_id = :tenant AND p.memory_id = k.last_id
        AND p.expired_at IS NULL AND p.state = 'invalidated'
    WHERE k.tenant_id = :tenant AND k.space_id = :space AND k.job = '{NAME}'
""")
_FITTING = text(f"""
    SELECT m.memory_id, m.text_version FROM memories m
    WHERE m.tenant_id = :tenant AND m.memory_id = ANY(:memory_ids) AND {_FIT.format(m="m")}
""")
#: Shown by how many of the last recalls; a statement's text is as old as its first version.
_STABLE = text(f"""
    WITH lately AS MATERIALIZED (
        SELECT recall_id FROM recalls WHERE tenant_id = :tenant AND :space = ANY(space_ids)
        ORDER BY created_at DESC, recall_id DESC LIMIT :turns),
    shown AS MATERIALIZED (
        SELECT i.memory_id, count(*) AS times FROM impressions i
        WHERE i.tenant_id = :tenant AND i.space_id = :space
          AND i.recall_id IN (SELECT recall_id FROM lately)
        GROUP BY i.memory_id)
    SELECT m.memory_id, m.kind, m.content, m.text_version, m.valid_at, m.pinned,
           coalesce(s.times, 0) AS times
    FROM memories m LEFT JOIN shown s ON s.memory_id = m.memory_id
    WHERE m.tenant_id = :tenant AND m.space_id = :space AND {_FIT.format(m="m")}
      AND m.type = 'semantic' AND m.kind NOT IN ('summary', 'insight')
      AND (m.pinned OR s.times >= :least OR m.memory_id = ANY(:members))
      AND (SELECT min(v.created_at) FROM memories v
           WHERE v.tenant_id = :tenant AND v.memory_id = m.memory_id
             AND v.text_version = m.text_version) <= :since
    ORDER BY m.pinned DESC, m.memory_id = ANY(:members) DESC, coalesce(s.times, 0) DESC, m.memory_id
    LIMIT :limit
""")
_PATTERNS = text(f"""
    SELECT m.memory_id, m.kind, m.content, m.text_version, m.valid_at, m.pinned,
           greatest(e.episodes, u.confirmations) AS times
    FROM memories m
    JOIN usage u ON u.tenant_id = :tenant AND u.memory_id = m.memory_id
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT episode_id) AS episodes FROM evidence
        WHERE tenant_id = :tenant AND memory_id = m.memory_id) e
    WHERE m.tenant_id = :tenant AND m.space_id = :space AND {_FIT.format(m="m")}
      AND m.kind = ANY(:kinds)
      AND coalesce(CAST(m.data->>'confidence' AS real), 1) >= :confidence
      AND (m.pinned OR greatest(e.episodes, u.confirmations) >= :evidence)
    ORDER BY m.pinned DESC, greatest(e.episodes, u.confirmations) DESC, m.memory_id LIMIT :limit
""")
#: In whatever version or state: an old one says what it said.
_OVER = text(f"""
    SELECT DISTINCT m.memory_id FROM derivations d
    JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = d.memory_id
        AND m.kind IN ('{PREFIX}', '{SOFT_PROMPT}') AND m.origin = 'derived'
        AND m.state <> 'erased'
    WHERE d.tenant_id = :tenant AND d.source_id = ANY(:memory_ids)
    ORDER BY m.memory_id
""")
_WITH_BLOCK = text(f"""
    SELECT DISTINCT memory_id FROM memories
    WHERE tenant_id = :tenant AND space_id = :space AND kind = '{PREFIX}' AND origin = 'derived'
      AND data->'blocks' ? :name AND state <> 'erased'
    ORDER BY memory_id
""")
_CURRENT = text("""
    SELECT memory_id, data->>'hash' AS hash FROM memories
    WHERE tenant_id = :tenant AND space_id = :space AND kind = :kind AND origin = 'derived'
      AND state = 'active' AND expired_at IS NULL
    ORDER BY memory_id DESC
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Prefix:
    """The prefix that a space's chats begin with."""

    id: MemoryId
    version: int
    text: str
    tokens: int
    hash: str
    created_at: datetime
    #: The memories it rests on, each with the version of its text.
    members: Mapping[MemoryId, int]
    #: The blocks in it, each with its version.
    blocks: Mapping[str, int]
    #: Whether nothing of that has changed since.
    holds: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Stable:
    """A memory that may stand in a prefix; `times` it was shown, or borne out."""

    id: MemoryId
    kind: str
    content: str
    text_version: int
    valid_at: datetime | None = None
    pinned: bool = False
    times: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Which memories may stand in a prefix: trusted so far, shown by `least` of `turns` recalls."""

    now: datetime
    #: Their text was not changed since.
    since: datetime
    trust: float
    least: int
    turns: int
    limit: int


async def active(
    session: ReadSession, space: SpaceId, now: datetime, trust: float
) -> Prefix | None:
    """The prefix that was made last, if it is still there; `holds` tells if it may be shown."""
    row = await session.row(_ACTIVE, space=space, now=now, trust=trust)
    if row is None:
        return None
    return Prefix(
        id=MemoryId(row.memory_id),
        version=row.version,
        text=row.content,
        tokens=row.data["tokens"],
        hash=row.data["hash"],
        created_at=row.created_at,
        members={MemoryId(UUID(member)): version for member, version in row.data["members"]},
        blocks=row.data["blocks"],
        holds=row.holds,
    )


async def stable(
    session: ReadSession, space: SpaceId, rule: Rule, members: Sequence[MemoryId]
) -> list[Stable]:
    """Memories that recalls show time and again: pinned, then `members` of the prefix, by times.

    What stands in the prefix is not recalled, so a member stays for as long as it is fit.
    """
    rows = await session.rows(
        _STABLE, space=space, members=list(members), now=rule.now, since=rule.since,
        trust=rule.trust, least=rule.least, turns=rule.turns, limit=rule.limit,
    )  # fmt: skip
    return list(map(_stable, rows))


async def patterns(
    session: ReadSession,
    space: SpaceId,
    *,
    kinds: Sequence[str],
    confidence: float,
    evidence: int,
    trust: float,
    now: datetime,
    limit: int,
) -> list[Stable]:
    """What is sure by so much and borne out so often, or pinned; the most often first."""
    rows = await session.rows(
        _PATTERNS, space=space, kinds=list(kinds), confidence=confidence, evidence=evidence,
        trust=trust, now=now, limit=limit,
    )  # fmt: skip
    return list(map(_stable, rows))


async def fitting(
    session: ReadSession, memory_ids: Sequence[MemoryId], now: datetime, trust: float
) -> dict[MemoryId, int]:
    """Those of the memories that may stand in front, each with the version of its text."""
    rows = await session.rows(_FITTING, memory_ids=list(memory_ids), now=now, trust=trust)
    return {MemoryId(row.memory_id): row.text_version for row in rows}


async def current(session: ReadSession, space: SpaceId, kind: str) -> dict[MemoryId, str]:
    """The hashes of the derived memories of this kind that count, the newest first."""
    rows = await session.rows(_CURRENT, space=space, kind=kind)
    return {MemoryId(row.memory_id): row.hash for row in rows}


async def given_up(session: ReadSession, space: SpaceId) -> str | None:
    """The hash of the prefix that was made last, if it was not worth its place."""
    found: str | None = await session.scalar(_GIVEN_UP, space=space)
    return found


async def activate(
    session: WriteSession, space: SpaceId, memory_id: MemoryId, now: datetime
) -> None:
    """Have chats begin with this prefix from now on."""
    await put(session, space, NAME, Mark(moment=now, memory_id=memory_id))


async def over(session: ReadSession, memory_ids: Sequence[MemoryId]) -> list[MemoryId]:
    """What says in front of chats what any of these says; it goes with the first that is erased."""
    rows = await session.rows(_OVER, memory_ids=list(memory_ids))
    return [MemoryId(row.memory_id) for row in rows]


async def with_block(session: ReadSession, space: SpaceId, name: str) -> list[MemoryId]:
    """The prefixes, also those of before, that say what a block said."""
    rows = await session.rows(_WITH_BLOCK, space=space, name=name)
    return [MemoryId(row.memory_id) for row in rows]


def _stable(row: Row[Any]) -> Stable:
    return Stable(
        id=MemoryId(row.memory_id),
        kind=row.kind,
        content=row.content,
        text_version=row.text_version,
        valid_at=row.valid_at,
        pinned=row.pinned,
        times=row.times,
    )
