"""Embeds what has been stored without: reads a stretch, embeds it, writes the vectors."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from consolidation.jobs import get_past, may_blame
from consolidation.services import JobKind, Services, Work
from stores import backlog, jobs, linking, memories, vectors, writing
from stores.backlog import Item, Stage
from stores.database import ReadSession
from stores.ids import model_id_of
from stores.records import MemCube, MemoryType

#: Memories at a time: enough to sort by length, few enough that a crash costs seconds.
STRETCH = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stretch:
    """What is owed, and the current versions of it."""

    items: tuple[Item, ...]
    cubes: list[MemCube]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Embedded:
    """The vectors of a stretch, those of entities and relations apart."""

    texts: list[vectors.IndexedVector]
    graph: list[vectors.IndexedVector]


async def run(services: Services, work: Work) -> None:
    """Embed until nothing is owed, at full speed but for a stretch that fails."""
    while True:
        try:
            await _drain(services, work)
        except Exception as error:
            if not may_blame(error):
                raise
        else:
            await _go_on(services, work)
            return
        async with services.database.read(work.tenant) as session:
            items = await backlog.next_items(session, work.space.id, Stage.EMBED, STRETCH)
        await get_past(services, work, Stage.EMBED, items, partial(_embed_items, services, work))


async def _go_on(services: Services, work: Work) -> None:
    """Turns are divided into events, and memories linked, by what they mean: now they can be."""
    async with services.database.write(work.tenant) as session:
        if await backlog.next_items(session, work.space.id, Stage.SEGMENT, 1):
            await jobs.follow_up(session, work.space.id, "segment", services.clock())
        if await linking.next_items(session, work.space.id, 1):
            await jobs.follow_up(session, work.space.id, "link", services.clock())


async def _drain(services: Services, work: Work) -> None:
    """Embed stretch by stretch.

    While one stretch is in the model, the one before is written and the next one read: the model
    keeps the processor busy, and the database should not make it wait.
    """
    writing_down: asyncio.Task[None] | None = None
    try:
        stretch = await _read(services, work, backlog.START)
        while stretch.items:
            reading = asyncio.create_task(_read(services, work, stretch.items[-1]))
            try:
                embedded = await _embed(services, stretch.cubes)
            finally:
                following = await reading
            if writing_down is not None:
                await writing_down
            writing_down = asyncio.create_task(_write(services, work, stretch.items, embedded))
            stretch = following
    finally:
        if writing_down is not None:
            await writing_down


async def _read(services: Services, work: Work, after: Item) -> _Stretch:
    async with services.database.read(work.tenant) as session:
        items = await backlog.next_items(session, work.space.id, Stage.EMBED, STRETCH, after=after)
        return _Stretch(items=items, cubes=await _cubes(session, items))


async def _cubes(session: ReadSession, items: Sequence[Item]) -> list[MemCube]:
    """The memories of the items whose text is still that of the item."""
    owed = set(items)
    cubes = await memories.find_many(session, [memory_id for memory_id, _ in items])
    return [cube for cube in cubes if (cube.id, cube.text_version) in owed]


async def _embed_items(services: Services, work: Work, items: Sequence[Item]) -> None:
    async with services.database.read(work.tenant) as session:
        cubes = await _cubes(session, items)
    await _write(services, work, items, await _embed(services, cubes))


async def _embed(services: Services, cubes: list[MemCube]) -> _Embedded:
    texts = [[t for _, t in writing.texts_of(cube.kind, cube.content, cube)] for cube in cubes]
    if not texts:
        return _Embedded(texts=[], graph=[])
    embeddings = await services.embedder.embed_documents([t for parts in texts for t in parts])
    embedded = _Embedded(texts=[], graph=[])
    rows = writing.per_memory(embeddings, [len(parts) for parts in texts])
    for cube, own in zip(cubes, rows, strict=True):
        kept = embedded.graph if cube.type is MemoryType.GRAPH else embedded.texts
        kept.extend(writing.vectors_of(cube, own))
    return embedded


async def _write(
    services: Services,
    work: Work,
    items: Sequence[Item],
    embedded: _Embedded,
) -> None:
    model = model_id_of(services.embedder.model.name)
    async with services.database.write(work.tenant) as session:
        claimed = await backlog.claim(session, work.space.id, Stage.EMBED, items)
        texts = [v for v in embedded.texts if (v.memory_id, v.text_version) in claimed]
        await vectors.index(session, work.space.id, model, texts)
        graph = [v for v in embedded.graph if (v.memory_id, v.text_version) in claimed]
        await vectors.index_graph(session, work.space.id, model, graph)
        await jobs.progress(session, work.job_id, len(claimed))


JOB = JobKind(name="embed", run=run)
