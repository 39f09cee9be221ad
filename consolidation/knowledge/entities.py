"""Gives names their entities: those the space knows, and new ones for the others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from consolidation.extract.protocol import EntityKind, Mention
from consolidation.resolve import Known, New, Same, Synonym, bands, key_of, resolve
from stores import graph, writing
from stores.database import ReadSession, WriteSession
from stores.graph import EntityRow, LinkRow
from stores.ids import MemoryId, SpaceId, new_id
from stores.names import normalised
from stores.records import Method, NewMemory, Space

#: Characters of a name.
LONGEST = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """The entity of every mention, and what has to be written for it."""

    ids: Mapping[Mention, MemoryId]
    new: tuple[EntityRow, ...] = ()
    #: Further names of entities that are known, normalised.
    aliases: tuple[tuple[str, MemoryId], ...] = ()
    #: What mere things turned out to be.
    kinds: Mapping[MemoryId, EntityKind] = field(default_factory=dict)
    synonyms: tuple[LinkRow, ...] = ()


def is_thing(mention: Mention) -> bool:
    """Whether it names something that can be an entity: not a date, a number or a whole clause."""
    return (
        mention.kind is not EntityKind.DATE
        and any(map(str.isalpha, mention.name))
        and len(mention.name) <= LONGEST
    )


def is_name(mention: Mention) -> bool:
    """Whether it can be one, if somebody says so: 1984 is a novel, too."""
    return bool(key_of(mention.name)) and len(mention.name) <= LONGEST


async def name(session: ReadSession, space: SpaceId, mentions: Iterable[Mention]) -> Named:
    """Which entity each mention means, all of which must have a name; writes nothing."""
    distinct = list(dict.fromkeys(mentions))
    if not distinct:
        return Named(ids={})
    likely = await asyncio.to_thread(_bands, distinct)
    rows = await graph.find_known(session, space, sorted(_keys(distinct)), likely)
    known = [
        Known(id=row.id, name=row.name, kind=EntityKind(row.kind), aliases=row.aliases)
        for row in rows
    ]
    # Pure computation, which must not keep the loop from the worker's sign of life.
    resolved = await asyncio.to_thread(resolve, distinct, known, new_id=new_id)
    return _named(distinct, known, resolved)


def _bands(mentions: Iterable[Mention]) -> list[int]:
    return sorted({band for m in mentions for band in bands(m.name, m.kind)})


def _keys(mentions: Iterable[Mention]) -> set[str]:
    return {alias for m in mentions for alias in aliases_of(m.name)}


def aliases_of(said: str) -> set[str]:
    """Under which names it is found: as it is said, and without article or title."""
    return {alias for alias in (normalised(said), key_of(said)) if alias}


def _named(
    mentions: Sequence[Mention],
    known: Sequence[Known],
    resolved: Sequence[Same | New | Synonym],
) -> Named:
    had = {entity.id: {normalised(n) for n in entity.names} for entity in known}
    first: dict[UUID, Mention] = {}
    aliases: dict[UUID, set[str]] = {}
    bands_of: dict[UUID, set[int]] = {}
    kinds: dict[UUID, EntityKind] = {}
    for mention, result in zip(mentions, resolved, strict=True):
        if result.id not in had:
            first.setdefault(result.id, mention)
            bands_of.setdefault(result.id, set()).update(bands(mention.name, mention.kind))
        aliases.setdefault(result.id, set()).update(aliases_of(mention.name))
        if isinstance(result, Same) and result.kind is not None:
            kinds[result.id] = result.kind
    return Named(
        ids={m: MemoryId(result.id) for m, result in zip(mentions, resolved, strict=True)},
        new=tuple(
            EntityRow(
                id=MemoryId(entity_id),
                name=mention.name,
                kind=str(kinds.pop(entity_id, mention.kind)),
                aliases=tuple(sorted(aliases[entity_id])),
                bands=tuple(sorted(bands_of[entity_id])),
            )
            for entity_id, mention in first.items()
        ),
        aliases=tuple(
            (alias, MemoryId(entity_id))
            for entity_id, said in aliases.items()
            if entity_id in had
            for alias in sorted(said - had[entity_id])
        ),
        kinds={MemoryId(entity_id): kind for entity_id, kind in kinds.items()},
        synonyms=tuple(
            LinkRow(
                memory_id=MemoryId(one.id),
                target_id=MemoryId(one.of),
                kind="synonym",
                weight=one.similarity,
            )
            for one in resolved
            if isinstance(one, Synonym)
        ),
    )


async def write(
    session: WriteSession,
    space: Space,
    named: Named,
    *,
    version: int,
    method: Method,
    run_id: UUID,
    now: datetime,
) -> None:
    """Store the new entities and what became known of others, at this version of the graph."""
    if named.new:
        memories = [_memory(row, method, run_id, now) for row in named.new]
        await writing.store(session, space, memories)
        await graph.add_entities(session, space.id, named.new, version, run_id)
    await graph.add_aliases(session, space.id, named.aliases, run_id)
    for entity_id, kind in named.kinds.items():
        await graph.set_kind(session, entity_id, str(kind), version)
    await graph.add_links(session, space.id, named.synonyms, version, now, run_id)


def _memory(row: EntityRow, method: Method, run_id: UUID, now: datetime) -> NewMemory:
    return NewMemory(
        id=row.id,
        kind="entity",
        content=row.name,
        data={"entity_kind": row.kind},
        provenance_origin="derived",
        actor="service",
        method=method,
        created_at=now,
        run_id=run_id,
    )
