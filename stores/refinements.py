"""Refinements: what later memories add to what a memory is found by. Its content stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores.database import ReadSession, WriteSession
from stores.errors import MemoryNotFound
from stores.ids import MemoryId, SpaceId
from stores.records import Page

_ADD = text("""
    INSERT INTO refinements
        (tenant_id, memory_id, refinement_id, space_id, run_id, version, keywords, tags, context,
         sources, created_at)
    VALUES (:tenant, :memory_id, :refinement_id, :space, :run_id, :version, :keywords, :tags,
            :context, :sources, :now)
""")
_GIVEN = text("""
    SELECT memory_id, version, keywords, tags, dropped_at IS NULL AS stands FROM refinements
    WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)
""")
_LIST = text("""
    SELECT * FROM refinements
    WHERE tenant_id = :tenant AND memory_id = :memory_id AND version < :before
    ORDER BY version DESC LIMIT :limit
""")
#: Dropping it again leaves the time at which it was dropped.
_DROP = text("""
    UPDATE refinements SET dropped_at = coalesce(dropped_at, :now)
    WHERE tenant_id = :tenant AND memory_id = :memory_id AND refinement_id = :refinement_id
""")
_EXTRA = text("""
    SELECT memory_id, version, keywords FROM refinements
    WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids) AND dropped_at IS NULL
    ORDER BY memory_id, version
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Refinement:
    """Keywords, tags and a context for a memory, in words of its `sources`."""

    id: UUID
    memory_id: MemoryId
    version: int
    keywords: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    context: str = ""
    sources: tuple[MemoryId, ...] = ()
    run_id: UUID | None = None
    created_at: datetime | None = None
    dropped_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What a memory was given so far, dropped or not."""

    version: int = 0
    #: How many refinements stand.
    standing: int = 0
    words: frozenset[str] = frozenset()


async def add(
    session: WriteSession,
    space: SpaceId,
    refinements: Sequence[Refinement],
    run_id: UUID,
    now: datetime,
) -> None:
    """Add refinements, as part of a run."""
    await session.execute_many(_ADD, [
        {"space": space, "run_id": run_id, "now": now, "memory_id": r.memory_id,
         "refinement_id": r.id, "version": r.version, "keywords": list(r.keywords),
         "tags": list(r.tags), "context": r.context, "sources": list(r.sources)}
        for r in refinements
    ])  # fmt: skip


async def given(session: ReadSession, memory_ids: Sequence[MemoryId]) -> dict[MemoryId, Given]:
    """What memories were given so far, those without any left out."""
    found: dict[MemoryId, Given] = {}
    for row in await session.rows(_GIVEN, memory_ids=list(memory_ids)):
        before = found.get(row.memory_id, Given())
        found[row.memory_id] = Given(
            version=max(before.version, row.version),
            standing=before.standing + row.stands,
            words=before.words.union(row.keywords, row.tags),
        )
    return found


async def list_refinements(
    session: ReadSession, memory_id: MemoryId, *, before: int, limit: int
) -> Page[Refinement]:
    """The refinements of a memory, newest first, those that were dropped among them."""
    rows = await session.rows(_LIST, memory_id=memory_id, before=before, limit=limit + 1)
    items = tuple(map(_refinement, rows[:limit]))
    return Page(items=items, next_cursor=str(items[-1].version) if len(rows) > limit else None)


async def drop(
    session: WriteSession, memory_id: MemoryId, refinement_id: UUID, now: datetime
) -> None:
    """Have a refinement count no more; what it says is not given again. Raises MemoryNotFound."""
    dropped = await session.execute(
        _DROP, memory_id=memory_id, refinement_id=refinement_id, now=now
    )
    if not dropped:
        raise MemoryNotFound(f"memory {memory_id} has no refinement {refinement_id}")


async def extra_terms(
    session: ReadSession, memory_ids: Sequence[MemoryId]
) -> Mapping[MemoryId, tuple[str, ...]]:
    """The keywords by which memories might be found beside their own words."""
    terms: dict[MemoryId, dict[str, None]] = {}
    for row in await session.rows(_EXTRA, memory_ids=list(memory_ids)):
        terms.setdefault(row.memory_id, {}).update(dict.fromkeys(row.keywords))
    return {memory_id: tuple(words) for memory_id, words in terms.items()}


def _refinement(row: Row[Any]) -> Refinement:
    return Refinement(
        id=row.refinement_id,
        memory_id=row.memory_id,
        version=row.version,
        keywords=tuple(row.keywords),
        tags=tuple(row.tags),
        context=row.context,
        sources=tuple(row.sources),
        run_id=row.run_id,
        created_at=row.created_at,
        dropped_at=row.dropped_at,
    )
