"""The graph of a space: entities, relations, subgraphs and paths; merging and splitting."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from memory_service.api import pages
from memory_service.api.deps import Cursor, Limit, PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.base import Moment, Name
from memory_service.api.schemas.graph import (
    Entity,
    EntityDetail,
    EntityList,
    MergeIn,
    PathList,
    PathStep,
    Regrouped,
    Relation,
    RelationList,
    Subgraph,
)
from memory_service.api.schemas.graph import Path as PathAnswer
from memory_service.verbs import communities, graph
from memory_service.verbs.graph import RelationsAsked

router = APIRouter(prefix="/v1/spaces/{space}", tags=["graph"])

EntityIdPath = Annotated[UUID, Path(description="The entity's id, which is that of its MemCube.")]
#: An entity by its id, or by any name it goes by.
EntityName = Annotated[Name, Query(description="An entity's id, or a name it goes by.")]
OptionalEntity = Annotated[Name | None, Query(description="An entity's id or name.")]


@router.get("/entities")
async def list_entities(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    q: Annotated[Name | None, Query(description="Beginnings of words of a name.")] = None,
    kind: Annotated[Name | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> EntityList:
    """The people, places and things that memories are about, newest first."""
    page = await graph.list_entities(
        services, principal, space, q=q, kind=kind, before=pages.before(cursor), limit=limit
    )
    return EntityList(
        items=[Entity.of(view) for view in page.items], next_cursor=pages.encode(page.next_cursor)
    )


@router.get("/entities/{entity_id}")
async def get_entity(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    entity_id: EntityIdPath,
    history: Annotated[bool, Query(description="With relations that have ended.")] = False,  # noqa: FBT002
) -> EntityDetail:
    """One entity: its MemCube and names, its relations both ways, the latest memories about it."""
    found = await graph.get_entity(services, principal, space, entity_id, history=history)
    return EntityDetail.of_detail(found)


@router.post("/entities/{entity_id}/merge")
async def merge_entity(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    entity_id: EntityIdPath,
    body: MergeIn,
) -> Regrouped:
    """Two entities are one: everything said of this one counts for the other."""
    run_id, found = await graph.merge(services, principal, space, entity_id, body.into)
    return Regrouped(run_id=run_id, entity=EntityDetail.of_detail(found))


@router.post("/entities/{entity_id}/split")
async def split_entity(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, entity_id: EntityIdPath
) -> Regrouped:
    """Take a merge back: the entity stands for itself again, with what was said of it."""
    run_id, found = await graph.split(services, principal, space, entity_id)
    return Regrouped(run_id=run_id, entity=EntityDetail.of_detail(found))


@router.get("/relations")
async def list_relations(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    subject: OptionalEntity = None,
    predicate: Annotated[Name | None, Query()] = None,
    object: Annotated[Name | None, Query(description="An entity's id or name, or a value.")] = None,
    as_of_valid: Annotated[Moment | None, Query(description="What held then.")] = None,
    as_of_known: Annotated[Moment | None, Query(description="What was known then.")] = None,
    include_superseded: Annotated[bool, Query()] = False,  # noqa: FBT002
    cursor: Cursor = None,
    limit: Limit = 50,
) -> RelationList:
    """What is claimed of whom: the relations, and the facts that make a claim, newest first."""
    asked = RelationsAsked(
        subject=subject,
        predicate=predicate,
        object=object,
        valid=as_of_valid,
        known=as_of_known,
        superseded=include_superseded,
    )
    page = await graph.list_relations(
        services, principal, space, asked, before=pages.before(cursor), limit=limit
    )
    return RelationList(
        items=[Relation.of(view) for view in page.items],
        next_cursor=pages.encode(page.next_cursor),
    )


@router.get("/graph")
async def get_graph(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    center: OptionalEntity = None,
    depth: Annotated[int, Query(ge=1, le=3)] = 1,
    limit: Annotated[int, Query(ge=1, le=2000, description="At most so many entities.")] = 100,
    as_of: Annotated[Moment | None, Query(description="What held in the world then.")] = None,
) -> Subgraph:
    """What surrounds an entity, or else the entities that most memories mention."""
    found = await graph.subgraph(
        services, principal, space, center=center, depth=depth, limit=limit, as_of=as_of
    )
    shown = [view.id for view in found.entities]
    return Subgraph.of(found, await communities.of_entities(services, principal, space, shown))


@router.get("/paths")
async def list_paths(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    source: Annotated[EntityName, Query(alias="from")],
    target: Annotated[EntityName, Query(alias="to")],
    max_length: Annotated[int, Query(ge=1, le=6)] = 4,
    k: Annotated[int, Query(ge=1, le=10)] = 3,
) -> PathList:
    """How two entities are connected: the shortest ways, each step with its evidence."""
    found = await graph.find_paths(
        services, principal, space, source, target, longest=max_length, most=k
    )
    return PathList(
        items=[
            PathAnswer(length=len(steps), steps=[PathStep.of(step) for step in steps])
            for steps in found
        ]
    )
