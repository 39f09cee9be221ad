"""Export a space as a stream of whole memories, and take such a stream in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from consolidation import schedules
from consolidation.extract.protocol import EntityKind
from consolidation.jobs.blocks import DERIVED
from consolidation.resolve import bands
from memory_service.auth import Principal, Role
from memory_service.verbs.blocks import bring_blocks
from memory_service.verbs.errors import Malformed, TooLarge
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import blocks, jobs, spaces, transfer
from stores.blocks import Block
from stores.errors import InvalidMemory, SpaceNotFound, UnknownKind
from stores.graph_transfer import GraphRows
from stores.ids import MemoryId, SpaceId, id_in
from stores.kinds import get_kind
from stores.records import MemCube, MemoryType, Payload, Space
from stores.transfer import Aliases, Portable, Stored

#: Memories of one transaction of an import, and the bytes of their lines after which it ends.
BATCH, BATCH_BYTES = 500, 16 * 1024 * 1024
#: Before every memory.
_START = MemoryId(UUID(int=0))
#: Types that are whole without an artifact of their own.
_PORTABLE = (MemoryType.EPISODIC, MemoryType.SEMANTIC, MemoryType.GRAPH)


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """A space on its way out: what it is, the blocks callers wrote, and its memories by id."""

    space: Space
    exported_at: datetime
    blocks: Sequence[Block]
    memories: AsyncIterator[Portable]


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where a file comes from, and what it says of the space besides memories."""

    space: SpaceId
    policies: Payload
    #: The text of each block, by name.
    blocks: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One memory of a file, and the line it stands on."""

    number: int
    bytes: int
    memory: Portable


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """How many memories were stored, and how many were there already."""

    imported: int
    skipped: int


@dataclass(kw_only=True, slots=True)
class _Progress:
    """What an import has done so far; the aliases hold for the batches still to come."""

    imported: int = 0
    skipped: int = 0
    aliases: Aliases = field(default_factory=dict)

    def add(self, read: int, stored: Stored) -> None:
        self.imported += stored.memories
        self.skipped += read - stored.memories
        self.aliases |= stored.aliases


async def export_space(services: Services, principal: Principal, name: str) -> Export:
    """Every memory of the space; raises SpaceNotFound before anything is streamed.

    Each is whole, as it is when its page is read. What is written meanwhile may be among them or
    not; what is erased meanwhile is not read any more.
    """
    space = (await scope_of(services, principal, [name])).spaces[0]
    async with services.database.read(principal.tenant) as session:
        written = [b for b in await blocks.find_blocks(session, space.id) if b.name not in DERIVED]
    memories = _read(services, principal, space)
    return Export(space=space, exported_at=services.clock(), blocks=written, memories=memories)


async def import_space(
    services: Services,
    principal: Principal,
    name: str,
    source: Source,
    lines: AsyncIterator[Line],
) -> Imported:
    """Store the memories of an export, batch by batch; before them, blocks there were none of.

    A space that is made by this gets the policies of the one exported. In that same space ids are
    kept; in any other they follow from the space's id and the old id, so that importing once more
    changes nothing. Raises Malformed, with the line: nothing of its batch is stored then, the
    batches before it are.
    """
    require_admin(principal, name)
    home = await _home(services, principal, name, source)
    done, batch, size = _Progress(), list[Line](), 0
    async for line in lines:
        _check(services, line)
        batch.append(line)
        size += line.bytes
        if len(batch) == BATCH or size >= BATCH_BYTES:
            await _store(services, principal, home, source.space, batch, done)
            batch, size = [], 0
    if batch:
        await _store(services, principal, home, source.space, batch, done)
    return Imported(imported=done.imported, skipped=done.skipped)


def require_admin(principal: Principal, name: str) -> None:
    """Raises NotPermitted unless the caller may import into the space.

    An import says who wrote what, how far it is trusted and what is under legal hold; a writer
    must not be able to make that up.
    """
    principal.require(Role.ADMIN)
    principal.require_spaces([name])


async def _read(services: Services, principal: Principal, space: Space) -> AsyncIterator[Portable]:
    """Page by page, each in a transaction of its own: none is open while the caller reads."""
    after: MemoryId | None = _START
    while after is not None:
        async with services.database.read(principal.tenant) as session:
            page = await transfer.read_page(session, space, after)
            # A space that was erased meanwhile must not look like one that has come to its end.
            if (await spaces.get_space(session, space.name)).id != space.id:
                raise SpaceNotFound(f"the space {space.name!r} was erased and made anew")
        for memory in page:
            yield memory
        after = page[-1].id if page else None


async def _home(services: Services, principal: Principal, name: str, source: Source) -> Space:
    """The space to import into, with the blocks of the file that it has none of that name."""
    now = services.clock()
    async with services.database.write(principal.tenant) as session:
        if services.strict_spaces:
            home = await spaces.get_space(session, name)
        else:
            home, _ = await spaces.ensure_space(session, name, now, source.policies)
        await bring_blocks(session, home.id, source.blocks, actor=principal.name, now=now)
        return home


def _check(services: Services, line: Line) -> None:
    """What the stored memory could not be: too long, or of no kind."""
    at = f"/lines/{line.number}"
    for cube in line.memory.versions:
        kind = get_kind(cube.kind, pointer=at)
        if kind.type is not cube.type or kind.type not in _PORTABLE:
            raise UnknownKind(f"a {cube.type} {cube.kind} cannot be imported", pointer=at)
        if len(cube.content) > services.limits.content_chars:
            most = services.limits.content_chars
            raise TooLarge(f"{len(cube.content)} characters, at most {most} are taken", pointer=at)


async def _store(
    services: Services,
    principal: Principal,
    home: Space,
    source: SpaceId,
    batch: list[Line],
    done: _Progress,
) -> None:
    new = [_settled(line, home, source, done.aliases) for line in batch]
    now = services.clock()
    async with services.database.write(principal.tenant) as session:
        try:
            stored = await transfer.store_all(session, home, new)
        except InvalidMemory as error:
            raise Malformed(str(error), pointer=f"/lines/{batch[0].number}") from error
        totals = {
            "embed": stored.memories,
            "extract": stored.to_extract,
            "segment": stored.to_segment,
        }
        for job, total in totals.items():
            if total:
                await jobs.enqueue(session, home.id, job, now=now, total=total)
        if stored.memories:
            await schedules.changed(session, home.id, now, memories=stored.memories)
    done.add(len(batch), stored)


def _settled(line: Line, home: Space, source: SpaceId, aliases: Aliases) -> Portable:
    """The memory as it will be in its new home: its ids, its space, its payload as we store it."""

    def here(old: UUID) -> UUID:
        return old if source == home.id else id_in(home.id, old)

    def memory(old: MemoryId) -> MemoryId:
        new = MemoryId(here(old))
        return aliases.get(new, new)

    def version(cube: MemCube) -> MemCube:
        run = cube.provenance.run_id
        pointer = f"/lines/{line.number}/versions/{cube.version}/data"
        return replace(
            cube,
            id=MemoryId(here(cube.id)),
            space_id=home.id,
            space=home.name,
            data=get_kind(cube.kind).validate(cube.data, pointer=pointer),
            provenance=replace(cube.provenance, run_id=None if run is None else here(run)),
        )

    moved = line.memory
    return replace(
        moved,
        versions=tuple(map(version, moved.versions)),
        evidence=tuple(
            replace(
                e,
                episode_id=memory(e.episode_id),
                run_id=None if e.run_id is None else here(e.run_id),
            )
            for e in moved.evidence
        ),
        derived_from=tuple(map(memory, moved.derived_from)),
        graph=_findable(moved.graph.moved(memory, here)),
    )


def _findable(graph: GraphRows) -> GraphRows:
    """An entity with the bands of its names: an index, made anew like the others."""
    entity = graph.entity
    if entity is None:
        return graph
    names = (entity.name, *(row.alias for row in graph.aliases))
    found = {band for name in names for band in bands(name, EntityKind(entity.entity_kind))}
    return replace(graph, entity=replace(entity, bands=tuple(sorted(found))))
