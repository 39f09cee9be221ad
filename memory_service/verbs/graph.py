"""The graph of a space: entities, relations, what surrounds them; merging and splitting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consolidation.knowledge.beliefs import Context, part, settle
from memory_service.auth import Principal, Role
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import claims, entity_merging, graph_views, graph_walks
from stores.database import ReadSession, WriteSession
from stores.entity_merging import Settle
from stores.graph_views import EntityDetail, EntityView, RelationView, Wanted, known_then
from stores.graph_walks import Step, Subgraph
from stores.ids import MemoryId
from stores.names import normalised
from stores.records import Page, Space
from stores.runs import Change
from stores.scope import AsOf, Scope

#: Relations shown with an entity.
_MOST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class RelationsAsked:
    """Which relations: entities by id or name, objects by value too, and as of when."""

    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    valid: datetime | None = None
    known: datetime | None = None
    superseded: bool = False


async def list_entities(
    services: Services,
    principal: Principal,
    space: str,
    *,
    q: str | None,
    kind: str | None,
    before: UUID,
    limit: int,
) -> Page[EntityView]:
    """Entities, the newest first; each word of `q` begins a word of one of their names."""
    scope = await scope_of(services, principal, [space])
    async with services.database.read(principal.tenant) as session:
        return await graph_views.list_entities(
            session, scope, words=normalised(q or "").split(), kind=kind,
            before=MemoryId(before), limit=limit,
        )  # fmt: skip


async def get_entity(
    services: Services, principal: Principal, space: str, entity_id: UUID, *, history: bool
) -> EntityDetail:
    """An entity with what surrounds it; raises MemoryNotFound, Erased."""
    scope = await scope_of(services, principal, [space])
    async with services.database.read(principal.tenant) as session:
        return await graph_views.get_entity(
            session, scope, MemoryId(entity_id), history=history, most=_MOST
        )


async def list_relations(
    services: Services,
    principal: Principal,
    space: str,
    asked: RelationsAsked,
    *,
    before: UUID,
    limit: int,
) -> Page[RelationView]:
    """Relations and claims of facts, the newest first."""
    scope = await scope_of(services, principal, [space])
    shown = known_then(AsOf(valid=asked.valid, known=asked.known), history=asked.superseded)
    async with services.database.read(principal.tenant) as session:
        wanted = await _wanted(session, scope, asked)
        return await graph_views.list_relations(
            session, scope, shown, wanted, before=MemoryId(before), limit=limit
        )


async def subgraph(
    services: Services,
    principal: Principal,
    space: str,
    *,
    center: str | None,
    depth: int,
    limit: int,
    as_of: datetime | None,
) -> Subgraph:
    """What surrounds an entity, or the most mentioned ones; raises MemoryNotFound."""
    scope = await scope_of(services, principal, [space])
    shown = known_then(AsOf(valid=as_of), history=False)
    async with services.database.read(principal.tenant) as session:
        around: Sequence[MemoryId] = ()
        if center is not None:
            around = await graph_walks.resolve(session, scope, center, pointer="query:center")
        return await graph_walks.subgraph(
            session, scope, shown, center=around, depth=depth, limit=limit
        )


async def find_paths(
    services: Services,
    principal: Principal,
    space: str,
    source: str,
    target: str,
    *,
    longest: int,
    most: int,
) -> list[tuple[Step, ...]]:
    """The shortest ways from one entity to another; raises MemoryNotFound."""
    scope = await scope_of(services, principal, [space])
    shown = known_then(AsOf(), history=False)
    async with services.database.read(principal.tenant) as session:
        start = await graph_walks.resolve(session, scope, source, pointer="query:from")
        end = await graph_walks.resolve(session, scope, target, pointer="query:to")
        return await graph_walks.find_paths(
            session, scope, shown, start[0], end[0], longest=longest, most=most
        )


async def merge(
    services: Services,
    principal: Principal,
    space: str,
    entity_id: UUID,
    into: UUID,
) -> tuple[UUID, EntityDetail]:
    """Have an entity count as another one; returns the run, and the other as it is then."""
    principal.require(Role.WRITER)
    scope = await scope_of(services, principal, [space])
    async with services.database.write(principal.tenant) as session:
        run_id = await entity_merging.merge(
            session, scope.spaces[0], MemoryId(entity_id), MemoryId(into),
            actor=principal.name, now=services.clock(), settle=_merged(services),
        )  # fmt: skip
        return run_id, await graph_views.get_entity(
            session, scope, MemoryId(into), history=False, most=_MOST
        )


async def split(
    services: Services,
    principal: Principal,
    space: str,
    entity_id: UUID,
) -> tuple[UUID, EntityDetail]:
    """Have an entity stand for itself again; returns the run, and the entity."""
    principal.require(Role.WRITER)
    scope = await scope_of(services, principal, [space])
    async with services.database.write(principal.tenant) as session:
        run_id = await entity_merging.split(
            session, scope.spaces[0], MemoryId(entity_id),
            actor=principal.name, now=services.clock(), settle=_split(services),
        )  # fmt: skip
        return run_id, await graph_views.get_entity(
            session, scope, MemoryId(entity_id), history=False, most=_MOST
        )


def _merged(services: Services) -> Settle:
    async def settle_both(
        session: WriteSession, space: Space, version: int, entities: Sequence[MemoryId]
    ) -> Sequence[Change]:
        pairs = await claims.claimed_of(session, space.id, entities)
        return (await settle(_context(services, session, space, version), pairs)).changes

    return settle_both


def _split(services: Services) -> Settle:
    async def settle_each(
        session: WriteSession, space: Space, version: int, entities: Sequence[MemoryId]
    ) -> Sequence[Change]:
        return (await part(_context(services, session, space, version), entities)).changes

    return settle_each


def _context(services: Services, session: WriteSession, space: Space, version: int) -> Context:
    return Context(session=session, space=space, version=version, run_id=None, now=services.clock())


async def _wanted(session: ReadSession, scope: Scope, asked: RelationsAsked) -> Wanted:
    """Names as groups of entities; an object that no entity goes by is a value."""
    home = scope.spaces[0].id
    subjects = objects = value = None
    if asked.subject is not None:
        subjects = await graph_views.find_group(session, home, asked.subject)
    if asked.object is not None:
        objects = await graph_views.find_group(session, home, asked.object) or None
        value = None if objects else normalised(asked.object)
    return Wanted(subjects=subjects, predicate=asked.predicate, objects=objects, value=value)
