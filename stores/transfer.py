"""Whole spaces on the move: every memory with all that is its own, read in pages, stored again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores import backlog, episodic, graph, graph_transfer, labels, memories, writing
from stores.backlog import Stage
from stores.database import ReadSession, WriteSession
from stores.errors import InvalidMemory
from stores.graph_transfer import GraphRows
from stores.ids import MemoryId
from stores.memories import cube_of
from stores.records import (
    EvidenceLink,
    MemCube,
    MemoryType,
    NewMemory,
    Space,
    Span,
)

#: Every version, oldest first, of the next memories, as far as their texts fit, but always of one.
#: Tombstones are left out, and quotes: they are in the episodes.
_EXPORT = text(f"""
    WITH following AS (
        SELECT memory_id FROM memories
        WHERE tenant_id = :tenant AND space_id = :space AND expired_at IS NULL
          AND state <> 'erased' AND memory_id > :after
        ORDER BY memory_id LIMIT :limit
    ), sizes AS (
        SELECT memory_id, sum(octet_length(content) + pg_column_size(data)) AS bytes
        FROM memories WHERE tenant_id = :tenant AND memory_id IN (SELECT memory_id FROM following)
        GROUP BY memory_id
    ), page AS (
        SELECT memory_id, sum(bytes) OVER (ORDER BY memory_id) - bytes AS before FROM sizes
    )
    SELECT m.*, s.name AS space, u.retrieved, u.used, u.last_used_at, u.confirmations, u.tier,
           u.strength, u.retention, x.external_id, CAST(NULL AS jsonb) AS evidence,
           links.items AS links, sources.ids AS derived_from,
           (SELECT array_agg(DISTINCT b.stage) FROM backlog b WHERE b.tenant_id = :tenant
            AND b.memory_id = m.memory_id AND b.stage IN ('extract', 'held', 'segment')) AS owed,
           CASE WHEN m.expired_at IS NULL THEN {graph_transfer.ROWS} END AS graph
    FROM memories m
    JOIN spaces s ON s.tenant_id = m.tenant_id AND s.space_id = m.space_id
    LEFT JOIN usage u ON u.tenant_id = m.tenant_id AND u.memory_id = m.memory_id
    LEFT JOIN external_ids x ON x.tenant_id = m.tenant_id AND x.memory_id = m.memory_id
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_array(e.episode_id, e.span_start, e.span_end, e.created_at,
                                           e.run_id)
                         ORDER BY e.created_at, e.episode_id, e.span_start) AS items
        FROM evidence e WHERE e.tenant_id = :tenant AND e.memory_id = m.memory_id
    ) links ON (m.type <> 'episodic' OR m.origin = 'derived') AND m.expired_at IS NULL
    LEFT JOIN LATERAL (
        SELECT array_agg(d.source_id ORDER BY d.source_id) AS ids
        FROM derivations d WHERE d.tenant_id = :tenant AND d.memory_id = m.memory_id
    ) sources ON (m.type <> 'episodic' OR m.origin = 'derived') AND m.expired_at IS NULL
    WHERE m.tenant_id = :tenant AND s.tenant_id = :tenant
      AND m.memory_id IN (SELECT memory_id FROM page WHERE before < :bytes)
    ORDER BY m.memory_id, m.version
""")
#: Tombstones too: what was erased does not come back.
_KNOWN = text("""
    SELECT DISTINCT memory_id FROM memories
    WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)
""")
_ELSEWHERE = text("""
    SELECT memory_id FROM memories
    WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids) AND space_id <> :space LIMIT 1
""")
_ADD_USAGE = text("""
    INSERT INTO usage (tenant_id, memory_id, space_id, retrieved, used, last_used_at, counted,
                       counted_at, confirmations, tier, strength, retention)
    VALUES (:tenant, :memory_id, :space, :retrieved, :used, :last_used_at, :used, :last_used_at,
            :confirmations, :tier, :strength, :retention) ON CONFLICT DO NOTHING
""")
#: Under the id of another memory what is there already stays.
_REDIRECT = tuple(
    text(statement)
    for table, column in (
        ("evidence", "episode_id"),
        ("assertions", "episode_id"),
        ("derivations", "source_id"),
        ("links", "target_id"),
    )
    for statement in (
        f"""
        INSERT INTO {table}
        SELECT (jsonb_populate_record(x, jsonb_build_object('{column}', CAST(:known AS uuid)))).*
        FROM {table} x WHERE x.tenant_id = :tenant AND x.{column} = :old
        ON CONFLICT DO NOTHING""",
        f"DELETE FROM {table} WHERE tenant_id = :tenant AND {column} = :old",
    )
)

#: Memories of a page, and the bytes of text after which it ends.
PAGE, PAGE_BYTES = 500, 8 * 1024 * 1024
#: Ids of a file that stand for a memory the space has already, and which that is.
Aliases = dict[MemoryId, MemoryId]


@dataclass(frozen=True, kw_only=True, slots=True)
class DatedLink:
    """Evidence, since when it is known and by which run."""

    episode_id: MemoryId
    span: Span
    created_at: datetime
    run_id: UUID | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Portable:
    """One memory whole: its versions, oldest first, and all that hangs on it but the indexes."""

    versions: tuple[MemCube, ...]
    external_id: str | None = None
    evidence: tuple[DatedLink, ...] = ()
    derived_from: tuple[MemoryId, ...] = ()
    graph: GraphRows = field(default_factory=GraphRows)
    #: What is still to be done of it but its embedding: an extraction, now or when somebody asks; a
    #: place among the events of its session.
    owed: tuple[Stage, ...] = ()

    @property
    def id(self) -> MemoryId:
        """The memory's id."""
        return self.current.id

    @property
    def current(self) -> MemCube:
        """The current version, which also carries the usage."""
        return self.versions[-1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """How many memories were stored, and which of those skipped stand for another here."""

    memories: int
    to_extract: int
    to_segment: int
    aliases: Aliases


async def read_page(session: ReadSession, space: Space, after: MemoryId) -> list[Portable]:
    """Memories of the space but tombstones, by id, behind `after`; none if there are no more."""
    rows = await session.rows(_EXPORT, space=space.id, after=after, limit=PAGE, bytes=PAGE_BYTES)
    return [_portable(list(versions)) for _, versions in groupby(rows, attrgetter("memory_id"))]


async def store_all(session: WriteSession, space: Space, items: Sequence[Portable]) -> Stored:
    """Store those the tenant does not have yet; what they mean is owed, their words are indexed.

    An episode whose external id the space knows already is skipped and becomes an alias; what it
    mentions is noted of the one that is known. Raises InvalidMemory for a source that lies in
    another space.
    """
    new = await _unknown(session, items)
    # Taken before anything is written, as every writer of the graph does.
    has_graph = any(item.graph != GraphRows() for item in new)
    since = await graph.next_version(session, space.id) if has_graph else 0
    named = await _check_sources(session, space, new)
    gone = await graph_transfer.erased_among(session, named)
    aliases = await _aliases(session, space, new)
    await _redirect(session, aliases)
    new = [_aliased(item, aliases, gone) for item in new]
    met = [(replace(i.current, id=aliases.get(i.id, i.id)), i.graph) for i in new]
    new = [item for item in new if item.id not in aliases]
    # The usage first: by its tier the memory is counted.
    await session.execute_many(_ADD_USAGE, [_usage_row(i.current) for i in new])
    await memories.insert(session, [writing.row_of(cube) for i in new for cube in i.versions])
    await _add_provenance(session, new)
    said = [i for i in new if i.current.type is not MemoryType.GRAPH]
    await labels.add(session, space.id, [cube for item in said for cube in item.versions])
    await _index(session, space, new)
    if has_graph:
        await graph_transfer.add(session, space, met, since)
    for stage in (Stage.EXTRACT, Stage.HELD, Stage.SEGMENT):
        await backlog.owe(session, space.id, stage, [(i.id, 1) for i in new if stage in i.owed])
    return Stored(
        memories=len(new),
        to_extract=sum(Stage.EXTRACT in item.owed for item in new),
        to_segment=sum(Stage.SEGMENT in item.owed for item in new),
        aliases=aliases,
    )


async def _unknown(session: ReadSession, items: Sequence[Portable]) -> list[Portable]:
    rows = await session.rows(_KNOWN, memory_ids=[item.id for item in items])
    known = {row.memory_id for row in rows}
    fresh = {item.id: item for item in reversed(items) if item.id not in known}
    return list(reversed(fresh.values()))


async def _check_sources(
    session: ReadSession, space: Space, new: Sequence[Portable]
) -> set[MemoryId]:
    """All that is named. Evidence shows words of its episode, so it must be of this space."""
    named = {link.episode_id for item in new for link in item.evidence}
    named |= {source for item in new for source in item.derived_from}
    named |= {memory_id for item in new for memory_id in item.graph.named}
    found = await session.row(_ELSEWHERE, memory_ids=sorted(named), space=space.id)
    if found is not None:
        raise InvalidMemory(f"the source {found.memory_id} is not a memory of this space")
    return named


async def _aliases(session: WriteSession, space: Space, new: Sequence[Portable]) -> Aliases:
    """Take the writers' ids; an episode whose id is taken stands for the one that has it."""
    claims = [_claim(item) for item in new if item.external_id is not None]
    taken = await writing.claim_external_ids(session, space, claims)
    late = {c.external_id: c.id for c in claims if c.id not in taken and c.external_id}
    known = await episodic.find_known(session, space.id, list(late))
    return {memory_id: known[name].memory_id for name, memory_id in late.items()}


async def _redirect(session: WriteSession, aliases: Aliases) -> None:
    """What earlier batches stored may rest on an episode that only now turns out to be known."""
    pairs = [{"old": old, "known": known} for old, known in aliases.items()]
    for statement in _REDIRECT:
        await session.execute_many(statement, pairs)


def _aliased(item: Portable, aliases: Mapping[MemoryId, MemoryId], gone: set[MemoryId]) -> Portable:
    def known(memory_id: MemoryId) -> MemoryId:
        return aliases.get(memory_id, memory_id)

    return replace(
        item,
        evidence=tuple(replace(e, episode_id=known(e.episode_id)) for e in item.evidence),
        derived_from=tuple(map(known, item.derived_from)),
        graph=item.graph.without(gone).moved(known, lambda run: run),
    )


async def _add_provenance(session: WriteSession, new: Sequence[Portable]) -> None:
    await writing.add_evidence(session, [
        (item.id, EvidenceLink(episode_id=link.episode_id, span=link.span, run_id=link.run_id),
         link.created_at)
        for item in new for link in item.evidence
    ])  # fmt: skip
    await session.execute_many(writing.ADD_DERIVATION, [
        {"memory_id": item.id, "source_id": source,
         "operation": item.versions[0].provenance.method.name}
        for item in new for source in item.derived_from
    ])  # fmt: skip


async def _index(session: WriteSession, space: Space, new: Sequence[Portable]) -> None:
    """Index the texts a memory has had, too: a question as of then is to find them."""
    texts = [_texts(item) for item in new]
    for turn in range(max(map(len, texts), default=0)):
        cubes = [cubes[turn] for cubes in texts if turn < len(cubes)]
        await writing.index_texts(session, space, cubes, None)


def _texts(item: Portable) -> list[MemCube]:
    """One version for each different text, the current one first."""
    return list({cube.text_version: cube for cube in reversed(item.versions)}.values())


def _claim(item: Portable) -> NewMemory:
    cube = item.current
    return NewMemory(
        id=cube.id,
        kind=cube.kind,
        content=cube.content,
        provenance_origin=cube.provenance.origin,
        actor=cube.provenance.actor,
        method=cube.provenance.method,
        created_at=cube.time.created_at,
        external_id=item.external_id,
    )


def _usage_row(cube: MemCube) -> dict[str, Any]:
    used, life = cube.usage, cube.lifecycle
    return {
        "memory_id": cube.id, "space": cube.space_id, "retrieved": used.retrieved,
        "used": used.used, "last_used_at": used.last_used_at,
        "confirmations": used.confirmations,
        "tier": str(life.tier), "strength": life.strength, "retention": life.retention,
    }  # fmt: skip


def _portable(rows: Sequence[Row[Any]]) -> Portable:
    last = rows[-1]
    return Portable(
        versions=tuple(map(cube_of, rows)),
        external_id=last.external_id,
        evidence=tuple(_link(item) for item in last.links or ()),
        derived_from=tuple(last.derived_from or ()),
        graph=graph_transfer.parsed(last.graph),
        owed=tuple(map(Stage, last.owed or ())),
    )


def _link(item: Sequence[Any]) -> DatedLink:
    episode_id, start, end, created_at, run_id = item
    return DatedLink(
        episode_id=MemoryId(UUID(episode_id)),
        span=Span(start=start, end=end),
        created_at=datetime.fromisoformat(created_at),
        run_id=None if run_id is None else UUID(run_id),
    )
