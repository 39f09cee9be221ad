"""The events of sessions: which turns are still to be placed in one, and what they are stored as.

An event is a MemCube of kind `event` that was derived; its evidence is every one of its turns,
whole. What a person has changed or archived is left alone, and so are its turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy import float32
from numpy.typing import NDArray
from sqlalchemy import Row, text

from stores import backlog
from stores.backlog import Item, Stage
from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId, new_id
from stores.owed import counted
from stores.records import NewMemory
from stores.tiers import EVERYWHERE

#: Turns before the event that is divided anew, from which its words are told apart.
_BEFORE = 60

_OWE_HELD = counted(
    """
    INSERT INTO backlog (tenant_id, space_id, stage, memory_id, text_version)
    SELECT b.tenant_id, b.space_id, 'segment', b.memory_id, b.text_version
    FROM backlog b JOIN memories m ON m.tenant_id = b.tenant_id AND m.memory_id = b.memory_id
    WHERE b.tenant_id = :tenant AND m.tenant_id = :tenant AND b.space_id = :space
      AND b.stage = 'held' AND m.expired_at IS NULL AND m.kind = 'message'
      AND m.session_id IS NOT NULL
    ON CONFLICT DO NOTHING
    """,
    by=1,
)
#: A session one of whose turns was set aside waits until that is released.
_SESSIONS = text("""
    SELECT m.session_id, bool_or(e.memory_id IS NOT NULL) AS awaits_embeddings
    FROM backlog b
    JOIN memories m ON m.tenant_id = b.tenant_id AND m.memory_id = b.memory_id
                   AND m.expired_at IS NULL
    LEFT JOIN backlog e ON e.tenant_id = b.tenant_id AND e.space_id = b.space_id
                       AND e.stage = 'embed' AND e.memory_id = b.memory_id
                       AND e.text_version = b.text_version AND e.error IS NULL
    WHERE b.tenant_id = :tenant AND m.tenant_id = :tenant AND b.space_id = :space
      AND b.stage = 'segment' AND m.session_id > :after
    GROUP BY m.session_id HAVING count(b.error) = 0
    ORDER BY m.session_id LIMIT :limit
""")
#: The active event every turn is in.
_EVENT = """
    LEFT JOIN LATERAL (
        SELECT v.memory_id, v.version FROM evidence e
        JOIN memories v ON v.tenant_id = e.tenant_id AND v.memory_id = e.memory_id
        WHERE e.tenant_id = :tenant AND v.tenant_id = :tenant AND e.episode_id = t.memory_id
          AND v.expired_at IS NULL AND v.kind = 'event' AND v.state = 'active'
          AND v.origin = 'derived' AND v.method->>'name' = 'segment'
        LIMIT 1
    ) v ON true
"""
_OF_SESSION = """
    t.tenant_id = :tenant AND t.space_id = :space AND t.session_id = :session_id
    AND t.type = 'episodic' AND t.kind = 'message' AND t.expired_at IS NULL
    AND t.state = 'active'
"""
_OWED = """
    LEFT JOIN backlog b ON b.tenant_id = :tenant AND b.space_id = :space AND b.stage = 'segment'
                       AND b.memory_id = t.memory_id AND b.text_version = t.text_version
"""
_ITEMS = text("""
    SELECT b.memory_id, b.text_version FROM backlog b
    JOIN memories m ON m.tenant_id = b.tenant_id AND m.memory_id = b.memory_id
                   AND m.expired_at IS NULL
    WHERE b.tenant_id = :tenant AND m.tenant_id = :tenant AND b.space_id = :space
      AND m.session_id = :session_id AND b.stage = 'segment' AND b.error IS NULL
    ORDER BY b.memory_id
""")
#: Where to begin: with the event of the turn before the first that is owed, else with that one.
_START = text(f"""
    WITH first AS (
        SELECT t.occurred_at, t.memory_id FROM backlog b
        JOIN memories t ON t.memory_id = b.memory_id AND {_OF_SESSION}
        WHERE b.tenant_id = :tenant AND b.space_id = :space AND b.stage = 'segment'
        ORDER BY t.occurred_at, t.memory_id LIMIT 1),
    before AS (
        SELECT v.memory_id FROM first CROSS JOIN LATERAL (
            SELECT t.memory_id FROM memories t
            WHERE {_OF_SESSION} AND (t.occurred_at, t.memory_id)
                                  < (first.occurred_at, first.memory_id)
            ORDER BY t.occurred_at DESC, t.memory_id DESC LIMIT 1) t {_EVENT})
    SELECT occurred_at, memory_id FROM (
        SELECT t.occurred_at, t.memory_id FROM before
        JOIN evidence e ON e.tenant_id = :tenant AND e.memory_id = before.memory_id
        JOIN memories t ON t.memory_id = e.episode_id AND {_OF_SESSION}
        UNION ALL SELECT occurred_at, memory_id FROM first) s
    ORDER BY occurred_at, memory_id LIMIT 1
""")
_TURNS = text(f"""
    SELECT t.memory_id, t.text_version, t.content, t.occurred_at, t.sensitivity, t.trust,
           t.visibility, coalesce(t.data->>'speaker', t.data->>'role', 'user') AS speaker,
           v.memory_id AS event_id, v.version AS event_version, b.memory_id IS NOT NULL AS owed,
           x.embedding
    FROM memories t {_OWED} {_EVENT}
    LEFT JOIN {EVERYWHERE} x ON x.tenant_id = :tenant AND x.model_id = :model
        AND x.memory_id = t.memory_id AND x.text_version = t.text_version AND x.part = 0
    WHERE {_OF_SESSION} AND (t.occurred_at, t.memory_id) >= (:occurred_at, :memory_id)
      AND (b.memory_id IS NOT NULL OR v.memory_id IS NOT NULL)
    ORDER BY t.occurred_at, t.memory_id
""")
_EARLIER = text(f"""
    SELECT t.content FROM memories t
    WHERE {_OF_SESSION} AND (t.occurred_at, t.memory_id) < (:occurred_at, :memory_id)
    ORDER BY t.occurred_at DESC, t.memory_id DESC LIMIT :limit
""")
#: In every state and version: what an event said of a turn stands in its history, too.
_OVER = text("""
    SELECT DISTINCT v.memory_id FROM evidence e
    JOIN memories v ON v.tenant_id = e.tenant_id AND v.memory_id = e.memory_id
    WHERE e.tenant_id = :tenant AND v.tenant_id = :tenant AND e.episode_id = ANY(:episode_ids)
      AND v.kind = 'event' AND v.origin = 'derived'
    ORDER BY v.memory_id
""")
_OWE_TURNS = counted(
    """
    INSERT INTO backlog (tenant_id, space_id, stage, memory_id, text_version)
    SELECT DISTINCT t.tenant_id, t.space_id, 'segment', t.memory_id, t.text_version
    FROM evidence e JOIN memories t ON t.tenant_id = e.tenant_id AND t.memory_id = e.episode_id
    WHERE e.tenant_id = :tenant AND t.tenant_id = :tenant AND t.space_id = :space
      AND e.memory_id = ANY(:event_ids) AND t.memory_id <> ALL(:doomed)
      AND t.kind = 'message' AND t.expired_at IS NULL AND t.state = 'active'
      AND t.session_id IS NOT NULL
    ON CONFLICT DO NOTHING
    """,
    by=1,
)
_RELEASE_TURNS = text("""
    DELETE FROM evidence WHERE tenant_id = :tenant AND memory_id = :event_id
      AND episode_id <> ALL(:episode_ids)
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class OwedSession:
    """A session with turns that are in no event yet."""

    session_id: str
    #: Whether some of them are still to be embedded.
    awaits_embeddings: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class EventVersion:
    """An event as it was when its turns were read."""

    id: MemoryId
    version: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StoredTurn:
    """A turn of a session, with the event it is in and whether it is still owed a place."""

    id: MemoryId
    text_version: int
    content: str
    speaker: str
    occurred_at: datetime
    sensitivity: tuple[str, ...]
    trust: float
    visibility: str
    embedding: NDArray[float32] | None
    event: EventVersion | None
    owed: bool

    @property
    def item(self) -> Item:
        """Its item in the backlog."""
        return self.id, self.text_version


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """What is to be divided anew: a session from the start of the event that grows."""

    session_id: str
    turns: tuple[StoredTurn, ...]
    #: What was said before, latest last.
    earlier: tuple[str, ...]
    #: Everything that is owed to the session, be it to turns that are active or not.
    items: tuple[Item, ...]


async def owe(session: WriteSession, space: SpaceId, episodes: Sequence[NewMemory]) -> int:
    """Note that the messages of sessions among new episodes are to be placed; how many they are."""
    turns = [(e.id, 1) for e in episodes if e.kind == "message" and e.session_id is not None]
    await backlog.owe(session, space, Stage.SEGMENT, turns)
    return len(turns)


async def owe_held(session: WriteSession, space: SpaceId) -> int:
    """The same for messages that were remembered without consolidation, before their release."""
    return await session.execute(_OWE_HELD, space=space, change_id=new_id())


async def owed_sessions(
    session: ReadSession, space: SpaceId, *, after: str = "", limit: int
) -> list[OwedSession]:
    """Sessions behind `after` with turns to be placed, in order of their ids."""
    rows = await session.rows(_SESSIONS, space=space, after=after, limit=limit)
    return [
        OwedSession(session_id=row.session_id, awaits_embeddings=row.awaits_embeddings)
        for row in rows
    ]


async def read_growth(session: ReadSession, space: SpaceId, session_id: str, model: UUID) -> Growth:
    """What is to be divided anew of a session, with embeddings of a model."""
    whose = {"space": space, "session_id": session_id}
    items = await session.rows(_ITEMS, **whose)
    start = await session.row(_START, **whose)
    turns: Sequence[Row[Any]] = ()
    earlier: Sequence[Row[Any]] = ()
    if start is not None:
        since = {"occurred_at": start.occurred_at, "memory_id": start.memory_id}
        turns = await session.rows(_TURNS, **whose, **since, model=model)
        earlier = await session.rows(_EARLIER, **whose, **since, limit=_BEFORE)
    return Growth(
        session_id=session_id,
        turns=tuple(map(_turn, turns)),
        earlier=tuple(row.content for row in reversed(earlier)),
        items=tuple((MemoryId(row.memory_id), row.text_version) for row in items),
    )


async def events_over(session: ReadSession, episode_ids: Sequence[MemoryId]) -> list[MemoryId]:
    """The derived events that tell of any of the episodes, in whatever state.

    An event says in a few words what its turns say, so it goes with the first of them that is
    erased; `owe_turns` gives the others a new one.
    """
    rows = await session.rows(_OVER, episode_ids=list(episode_ids))
    return [MemoryId(row.memory_id) for row in rows]


async def owe_turns(
    session: WriteSession,
    space: SpaceId,
    event_ids: Sequence[MemoryId],
    *,
    doomed: Sequence[MemoryId],
) -> int:
    """Before events are erased: their turns, but for the doomed, are to be placed anew."""
    return await session.execute(
        _OWE_TURNS,
        space=space,
        event_ids=list(event_ids),
        doomed=list(doomed),
        change_id=new_id(),
    )


async def release_turns(
    session: WriteSession, event_id: MemoryId, kept: Sequence[MemoryId]
) -> None:
    """Let go of the turns of an event that are not among those kept."""
    await session.execute(_RELEASE_TURNS, event_id=event_id, episode_ids=list(kept))


def _turn(row: Row[Any]) -> StoredTurn:
    event = None
    if row.event_id is not None:
        event = EventVersion(id=MemoryId(row.event_id), version=row.event_version)
    return StoredTurn(
        id=MemoryId(row.memory_id),
        text_version=row.text_version,
        content=row.content,
        speaker=row.speaker,
        occurred_at=row.occurred_at,
        sensitivity=tuple(row.sensitivity),
        trust=row.trust,
        visibility=row.visibility,
        embedding=None if row.embedding is None else _floats(row.embedding),
        event=event,
        owed=row.owed,
    )


def _floats(embedding: Any) -> NDArray[float32]:
    values: NDArray[float32] = np.asarray(embedding.to_numpy(), dtype=float32)
    return values
