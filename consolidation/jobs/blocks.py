"""Keeps the derived blocks of a space current: who its owner is, and what they prefer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from consolidation.blocks.rendering import Rendered, render
from consolidation.services import Cadence, JobKind, Services, Work
from stores import blocks, graph_views, jobs, memories, runs, spaces
from stores.blocks import Block
from stores.database import ReadSession, WriteSession
from stores.ids import new_id
from stores.names import normalised
from stores.records import Method, Space

METHOD = Method(name="blocks", version="1")
#: Each derived block, and the kind of memory it is made of.
DERIVED: Mapping[str, str] = {"profile": "profile", "preferences": "preference"}
#: Whose space it is where its policies do not say.
_OWNER = "The user"
#: Statements that are looked at, at most.
_MOST = 2_000


class _Moved(Exception):
    """What was read is not so any more; it is to be read again."""


async def run(services: Services, work: Work) -> None:
    """Render the blocks; one that would read as before stays as it is."""
    while True:
        started = services.clock()
        async with services.database.read(work.tenant) as session:
            rendered = await _render(session, work.space, started)
        try:
            async with services.database.write(work.tenant) as session:
                await _write(session, services, work, rendered, started)
        except _Moved:
            continue
        return


async def _render(session: ReadSession, space: Space, now: datetime) -> dict[str, Rendered]:
    owner = str(space.policies.get("owner") or _OWNER)
    entities = await graph_views.find_group(session, space.id, owner)
    told = await blocks.told_of(
        session, space.id, entities, names=[owner.lower(), normalised(owner)],
        kinds=list(DERIVED.values()), now=now, limit=_MOST,
    )  # fmt: skip
    return {name: render(one for one in told if one.kind == kind) for name, kind in DERIVED.items()}


async def _write(
    session: WriteSession,
    services: Services,
    work: Work,
    rendered: Mapping[str, Rendered],
    started: datetime,
) -> None:
    """Store what reads differently; raises _Moved if a source was erased meanwhile."""
    space = work.space.id
    sources = {source for one in rendered.values() for source in one.sources}
    if await memories.keep(session, sorted(sources)) != sources:
        raise _Moved
    await spaces.hold(session, space)
    there = {block.name: block for block in await blocks.find_blocks(session, space, [*rendered])}
    changed = {name: one for name, one in rendered.items() if one.text != _text_of(there.get(name))}
    if not changed:
        return
    run_id, now = new_id(), services.clock()
    for name, one in changed.items():
        version = there[name].version + 1 if name in there else 1
        await blocks.add(session, space, Block(
            name=name, version=version, text=one.text, origin="derived", actor="service",
            sources=one.sources, run_id=run_id, created_at=now,
        ))  # fmt: skip
    await runs.add_run(
        session, space, run_id, job_id=work.job_id, method=METHOD,
        counts={"blocks": len(changed)}, started_at=started, finished_at=now,
    )  # fmt: skip
    await jobs.progress(session, work.job_id, len(changed))


def _text_of(block: Block | None) -> str:
    """What a block says; one that is not there says nothing."""
    return "" if block is None else block.text


JOB = JobKind(
    name="blocks", run=run, cadence=Cadence(idle=timedelta(minutes=1), volume=20, session_end=True)
)
