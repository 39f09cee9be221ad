"""What recall showed and what became of it: the examples a space learns its ranking from.

Only ids, places and numbers are kept, and for a limited time; a memory that is erased takes its
impressions with it, a space its recalls.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores import memories
from stores.database import ReadSession, WriteSession
from stores.errors import RecallNotFound
from stores.ids import MemoryId, SpaceId, first_id

#: How long feedback on a recall is taken, and how long it is learned from.
KEPT = timedelta(days=90)

#: Nobody waits for notes, so they give way to whoever holds what they need, also where both would
#: wait for each other: PostgreSQL looks for that after a second.
_GIVE_WAY = text("SET LOCAL lock_timeout = '500ms'")
#: A space that is just being erased is left out; the others are kept until we commit.
_KEEP_SPACES = text("""
    SELECT space_id FROM spaces WHERE tenant_id = :tenant AND space_id = ANY(:space_ids)
    ORDER BY space_id FOR KEY SHARE SKIP LOCKED
""")
#: Arrays travel as text: an array of arrays of one length is all that `unnest` could take apart.
_ADD_RECALLS = text("""
    INSERT INTO recalls (tenant_id, recall_id, space_ids, model, created_at)
    SELECT :tenant, r.recall_id, CAST(r.space_ids AS uuid[]), r.model, r.created_at
    FROM unnest(CAST(:recall_ids AS uuid[]), CAST(:space_ids AS text[]), CAST(:models AS text[]),
                CAST(:times AS timestamptz[])) AS r(recall_id, space_ids, model, created_at)
    ON CONFLICT DO NOTHING
""")
_ADD = text("""
    INSERT INTO impressions (tenant_id, recall_id, memory_id, space_id, rank, features)
    SELECT :tenant, i.recall_id, i.memory_id, i.space_id, i.rank, CAST(i.features AS real[])
    FROM unnest(CAST(:recall_ids AS uuid[]), CAST(:memory_ids AS uuid[]),
                CAST(:space_ids AS uuid[]), CAST(:ranks AS smallint[]), CAST(:features AS text[]))
         AS i(recall_id, memory_id, space_id, rank, features)
    ON CONFLICT DO NOTHING
""")
_IS_KNOWN = text("SELECT 1 FROM recalls WHERE tenant_id = :tenant AND recall_id = :recall_id")
#: Whoever judges recalls of a space does so one after the other; writers of memories go on.
_HOLD_SPACES = text("""
    SELECT name FROM spaces WHERE tenant_id = :tenant AND space_id IN (
        SELECT unnest(space_ids) FROM recalls
        WHERE tenant_id = :tenant AND recall_id = :recall_id AND created_at >= :since)
    ORDER BY space_id FOR NO KEY UPDATE OF spaces
""")
_SHOWN = text("""
    SELECT memory_id, space_id, used FROM impressions
    WHERE tenant_id = :tenant AND recall_id = :recall_id ORDER BY rank
""")
_MARK = text("""
    UPDATE impressions SET used = memory_id = ANY(:used)
    WHERE tenant_id = :tenant AND recall_id = :recall_id
      AND (memory_id = ANY(:used) OR memory_id = ANY(:irrelevant))
""")
_OUTCOME = text("""
    UPDATE recalls SET outcome = :outcome WHERE tenant_id = :tenant AND recall_id = :recall_id
""")
#: Led by `impressions_judged_idx` alone.
_COUNT = text("""
    SELECT count(DISTINCT recall_id) FROM impressions
    WHERE tenant_id = :tenant AND space_id = :space AND used IS NOT NULL
""")
_EXAMPLES = text("""
    WITH judged AS (
        SELECT DISTINCT i.recall_id
        FROM impressions i JOIN recalls r ON r.tenant_id = :tenant AND r.recall_id = i.recall_id
        WHERE i.tenant_id = :tenant AND i.space_id = :space AND i.used IS NOT NULL
          AND i.recall_id > :first AND r.model = :model
        ORDER BY i.recall_id DESC LIMIT :most)
    SELECT i.recall_id, i.rank, i.features, coalesce(i.used, false) AS used
    FROM impressions i JOIN judged USING (recall_id)
    WHERE i.tenant_id = :tenant AND i.space_id = :space ORDER BY i.recall_id, i.rank
""")
_PRUNE = tuple(
    text(f"DELETE FROM {table} WHERE tenant_id = :tenant AND {old}")
    for table, old in (
        (
            "impressions",
            "recall_id IN (SELECT recall_id FROM recalls"
            " WHERE tenant_id = :tenant AND created_at < :before)",
        ),
        ("recalls", "created_at < :before"),
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Impression:
    """A memory as a recall showed it."""

    memory_id: MemoryId
    space: SpaceId
    #: From 1.
    rank: int
    features: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """All that one recall showed, which may be nothing."""

    recall_id: UUID
    at: datetime
    #: Those it was asked of.
    spaces: tuple[SpaceId, ...]
    #: The model of ranking that the features belong to.
    model: str
    impressions: tuple[Impression, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """An impression as feedback finds it: whose space it is of, and what was said before."""

    memory_id: MemoryId
    space: SpaceId
    used: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One recall of a space with feedback: rows by rank, and which of them were used."""

    recall_id: UUID
    ranks: tuple[int, ...]
    features: tuple[tuple[float, ...], ...]
    used: tuple[bool, ...]


async def add(session: WriteSession, shown: Sequence[Shown]) -> list[Impression]:
    """Write down what recalls showed; returns what of it was not erased meanwhile.

    What is returned stays until we commit, so that an erasure finds all that is written of it.
    """
    await session.execute(_GIVE_WAY)
    wanted = {space for recall in shown for space in recall.spaces}
    rows = await session.rows(_KEEP_SPACES, space_ids=list(wanted))
    spaces = {row.space_id for row in rows}
    recalls = [recall for recall in shown if spaces & set(recall.spaces)]
    await session.execute(
        _ADD_RECALLS,
        recall_ids=[recall.recall_id for recall in recalls],
        space_ids=[_array(s for s in recall.spaces if s in spaces) for recall in recalls],
        models=[recall.model for recall in recalls],
        times=[recall.at for recall in recalls],
    )
    found = [(r.recall_id, i) for r in recalls for i in r.impressions if i.space in spaces]
    kept = await memories.keep(session, [i.memory_id for _, i in found])
    found = [(recall_id, i) for recall_id, i in found if i.memory_id in kept]
    await session.execute(
        _ADD,
        recall_ids=[recall_id for recall_id, _ in found],
        memory_ids=[i.memory_id for _, i in found],
        space_ids=[i.space for _, i in found],
        ranks=[i.rank for _, i in found],
        features=[_array(map(float, i.features)) for _, i in found],
    )
    return [i for _, i in found]


async def is_known(session: ReadSession, recall_id: UUID) -> bool:
    """Whether the recall is written down."""
    return await session.scalar(_IS_KNOWN, recall_id=recall_id) is not None


async def hold(session: WriteSession, recall_id: UUID, now: datetime) -> list[str]:
    """Have a recall to ourselves until commit; returns the names of the spaces it was asked of.

    Raises RecallNotFound.
    """
    rows = await session.rows(_HOLD_SPACES, recall_id=recall_id, since=now - KEPT)
    if not rows:
        raise not_found(recall_id)
    return [row.name for row in rows]


def not_found(recall_id: UUID) -> RecallNotFound:
    """What is said of a recall that is not there, or not there for the caller."""
    return RecallNotFound(f"there is no recall {recall_id}, or it is too old")


async def shown_by(session: WriteSession, recall_id: UUID) -> list[Judged]:
    """What the recall showed, best first; it will not be erased before we commit."""
    rows = await session.rows(_SHOWN, recall_id=recall_id)
    kept = await memories.keep(session, [row.memory_id for row in rows])
    return [
        Judged(memory_id=row.memory_id, space=row.space_id, used=row.used)
        for row in rows
        if row.memory_id in kept
    ]


async def mark(
    session: WriteSession,
    recall_id: UUID,
    *,
    used: Sequence[MemoryId],
    irrelevant: Sequence[MemoryId],
    outcome: str | None,
) -> None:
    """Note which of what was shown served and which did not; said again, the last word counts."""
    await session.execute(_MARK, recall_id=recall_id, used=list(used), irrelevant=list(irrelevant))
    if outcome is not None:
        await session.execute(_OUTCOME, recall_id=recall_id, outcome=outcome)


async def count_judged(session: ReadSession, space: SpaceId) -> int:
    """How many recalls of the space have feedback."""
    return int(await session.scalar(_COUNT, space=space))


async def examples(
    session: ReadSession, space: SpaceId, *, model: str, since: datetime, most: int
) -> list[Example]:
    """The latest recalls of a space that feedback was given on, oldest first.

    What was shown beside a used memory and not named counts as not used.
    """
    rows = await session.rows(_EXAMPLES, space=space, model=model, first=first_id(since), most=most)
    return [_example(list(group)) for _, group in groupby(rows, key=lambda row: row.recall_id)]


async def prune(session: WriteSession, now: datetime) -> None:
    """Forget recalls that are too old to learn from."""
    for statement in _PRUNE:
        await session.execute(statement, before=now - KEPT)


def _example(rows: Sequence[Row[Any]]) -> Example:
    return Example(
        recall_id=rows[0].recall_id,
        ranks=tuple(row.rank for row in rows),
        features=tuple(tuple(row.features) for row in rows),
        used=tuple(row.used for row in rows),
    )


def _array(values: Iterable[object]) -> str:
    """An array as PostgreSQL writes it, of what needs no quotes."""
    return "{" + ",".join(map(str, values)) + "}"
