"""Single memories: write, read, list, change, forget; their history and lineage."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from memory_service.api import pages
from memory_service.api.deps import (
    Cursor,
    IdempotencyKey,
    IfMatchDep,
    Limit,
    MemoryIdPath,
    PrincipalDep,
    ServicesDep,
    SpaceName,
)
from memory_service.api.schemas.adapters import StoppedAdapter
from memory_service.api.schemas.base import Moment, Name
from memory_service.api.schemas.memory import (
    Forgotten,
    Lineage,
    LineageEdge,
    MemCube,
    MemoryIn,
    MemoryList,
    MemoryPatch,
    PinIn,
    RollbackIn,
)
from memory_service.verbs import forget, memories
from memory_service.verbs.forget import Mode
from stores import records
from stores.kinds import get_kind
from stores.lexical import plain_terms
from stores.scope import DEFAULT_STATES, HISTORICAL_STATES, AsOf, Filter

router = APIRouter(prefix="/v1/spaces/{space}/memories", tags=["memories"])


def _answer(response: Response, cube: records.MemCube) -> MemCube:
    response.headers["ETag"] = f'"{cube.version}"'
    return MemCube.of(cube)


@router.post("", status_code=201)
async def create_memory(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    body: MemoryIn,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> MemCube:
    """Write a semantic memory: a fact, preference, profile, summary, insight, procedure or note."""
    made = await memories.create(
        services, principal, space, body.draft(), idempotency_key=idempotency_key
    )
    if made.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return _answer(response, made.memory)


@router.get("")
async def list_memories(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    type: Annotated[records.MemoryType | None, Query()] = None,
    kind: Annotated[Name | None, Query()] = None,
    state: Annotated[records.State | None, Query()] = None,
    session_id: Annotated[Name | None, Query()] = None,
    tag: Annotated[Name | None, Query()] = None,
    entity: Annotated[
        Name | None, Query(description="An entity, by id or name, that it has to do with.")
    ] = None,
    q: Annotated[Name | None, Query(description="Words that must all occur.")] = None,
    as_of: Annotated[Moment | None, Query(description="What held in the world then.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> MemoryList:
    """Memories, newest first."""
    page = await memories.list_memories(
        services,
        principal,
        space,
        _filter(
            type, kind and get_kind(kind, pointer="query:kind").name, state, session_id, tag, as_of
        ),
        words=list(dict.fromkeys(plain_terms(q or "")))[:16],
        before=pages.decode_id(cursor),
        limit=limit,
        entity=entity,
    )
    return MemoryList(
        items=[MemCube.of(cube) for cube in page.items],
        next_cursor=pages.encode(page.next_cursor),
    )


def _filter(
    type_: records.MemoryType | None,
    kind: str | None,
    state: records.State | None,
    session_id: str | None,
    tag: str | None,
    as_of: datetime | None,
) -> Filter:
    if kind is not None:
        get_kind(kind, pointer="query:kind")
    return Filter(
        types=(type_,) if type_ else (),
        kinds=(kind,) if kind else (),
        states=(state,) if state else HISTORICAL_STATES if as_of else DEFAULT_STATES,
        session_id=session_id,
        tags=(tag,) if tag else (),
        as_of=AsOf(valid=as_of),
    )


@router.get("/{memory_id}")
async def get_memory(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    memory_id: MemoryIdPath,
    response: Response,
) -> MemCube:
    """The current version of one memory; its ETag is what a change sends as If-Match."""
    return _answer(response, await memories.get(services, principal, space, memory_id))


@router.patch("/{memory_id}")
async def update_memory(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    memory_id: MemoryIdPath,
    body: MemoryPatch,
    response: Response,
    expecting: IfMatchDep,
) -> MemCube:
    """Change a memory as a new version. An episode's words cannot change."""
    cube = await memories.update(
        services, principal, space, memory_id, body.changes(), expecting=expecting
    )
    return _answer(response, cube)


@router.delete("/{memory_id}")
async def forget_memory(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    memory_id: MemoryIdPath,
    expecting: IfMatchDep,
    mode: Annotated[Mode, Query()] = Mode.INVALIDATE,
) -> Forgotten:
    """Invalidate (no longer true), archive, or erase with all that rests on it alone."""
    done = await forget.forget(services, principal, space, memory_id, mode, expecting=expecting)
    return Forgotten(
        mode=done.mode,
        memory_id=done.memory_id,
        memories=list(done.memories),
        erased=len(done.memories) if done.mode is Mode.ERASE else 0,
        adapters=[StoppedAdapter.of(row) for row in done.adapters],
    )


@router.get("/{memory_id}/history")
async def get_history(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, memory_id: MemoryIdPath
) -> MemoryList:
    """Every version, newest first."""
    cubes = await memories.history(services, principal, space, memory_id)
    return MemoryList(items=[MemCube.of(cube) for cube in cubes], next_cursor=None)


@router.get("/{memory_id}/lineage")
async def get_lineage(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, memory_id: MemoryIdPath
) -> Lineage:
    """What the memory came from, down to the quoted words, and what came from it."""
    found = await memories.lineage(services, principal, space, memory_id)
    return Lineage(
        memory_id=found.memory_id,
        sources=[MemCube.of(cube) for cube in found.sources],
        derived=[MemCube.of(cube) for cube in found.derived],
        edges=[
            LineageEdge(memory_id=e.memory_id, source_id=e.source_id, kind=e.kind)
            for e in found.edges
        ],
    )


@router.post("/{memory_id}/rollback")
async def rollback_memory(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    memory_id: MemoryIdPath,
    body: RollbackIn,
    response: Response,
    expecting: IfMatchDep,
) -> MemCube:
    """Make an earlier version current again, as a new version."""
    cube = await memories.rollback(
        services, principal, space, memory_id, body.version, expecting=expecting
    )
    return _answer(response, cube)


@router.post("/{memory_id}/pin")
async def pin_memory(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    memory_id: MemoryIdPath,
    response: Response,
    body: PinIn = PinIn(),
) -> MemCube:
    """Keep a memory from decay, or with `pinned: false` let it go."""
    cube = await memories.pin(services, principal, space, memory_id, pinned=body.pinned)
    return _answer(response, cube)


@router.post("/{memory_id}/confirm")
async def confirm_memory(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    memory_id: MemoryIdPath,
    response: Response,
) -> MemCube:
    """Count yourself as a further source that says the same."""
    return _answer(response, await memories.confirm(services, principal, space, memory_id))
