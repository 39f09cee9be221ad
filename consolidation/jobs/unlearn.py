"""Takes the weights of adapters that were stopped by an erasure from everywhere they are.

From the model server first, then from the disk: what is deleted while it may still be asked for
brings the server down. Once more at the end, for a request that was on its way may have had it
loaded again in between.
"""

from __future__ import annotations

import asyncio

from consolidation.distill.naming import name_of, names_of_space
from consolidation.services import JobKind, Services, Work
from llm_backend.errors import BackendUnavailable
from stores import adapter_erasing, jobs, spaces
from stores.adapter_erasing import NAME


async def run(services: Services, work: Work) -> None:
    """Delete what is owed; raises BackendError while the model server is away."""
    tenant, space = work.tenant, work.space.id
    async with services.database.read(tenant) as session:
        found = await adapter_erasing.weights(session, space)
    names = {name_of(tenant, space, adapter, content) for adapter, content in found.kept}
    taken = await _withdraw(services, work, names)
    deleted = await _delete(services, work)
    if await _withdraw(services, work, names):
        raise BackendUnavailable("the model server was asked to load what is deleted")
    async with services.database.write(tenant) as session:
        gone = [adapter for adapter, _ in found.doomed]
        await adapter_erasing.note_deleted(session, gone, services.clock())
        await jobs.note(session, work.job_id, f"{taken} unloaded, {deleted} weights deleted")


async def _delete(services: Services, work: Work) -> int:
    """Delete what no row names, while nobody can bring in what it would name; returns how many."""
    artifacts, tenant, space = services.artifacts, work.tenant, work.space.id
    async with services.database.write(tenant) as session:
        await spaces.hold(session, space)
        found = await adapter_erasing.weights(session, space)
        kept = {content for _, content in found.kept}
        doomed = {content for _, content in found.doomed} - kept
        if not found.building:
            # Whose adapter is gone altogether. While one is built, its own has no name yet.
            doomed |= set(await asyncio.to_thread(artifacts.listed, tenant, space)) - kept
        for content in sorted(doomed):
            await asyncio.to_thread(artifacts.remove, tenant, space, content)
    return len(doomed)


async def _withdraw(services: Services, work: Work, keeping: set[str]) -> int:
    if services.shelf is None:
        return 0
    names = names_of_space(work.tenant, work.space.id)
    return await services.shelf.withdraw(names, keeping=keeping)


JOB = JobKind(name=NAME, run=run)
