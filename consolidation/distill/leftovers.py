"""Clears up what somebody who died has left on the disk: words in training, halves, orphans.

What the database says is there is left alone, so this may run at any time, beside anything.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Set
from datetime import timedelta
from pathlib import Path

from consolidation.services import Services
from stores import adapter_erasing, jobs, parametric, spaces
from stores.artifacts import Artifacts, spaces_below
from stores.ids import SpaceId, TenantId
from stores.pads import Pads

#: What is younger may be somebody's who is just at it.
_GRACE = timedelta(hours=1)


async def clear_up(services: Services) -> None:
    """Go through all that lies there, of all tenants."""
    workshop = services.workshop
    there = {*services.artifacts.spaces(), *services.pads.spaces()}
    if workshop is not None:
        there |= set(spaces_below(workshop.folder))
    for tenant, space in sorted(there):
        await _clear_up_space(services, tenant, space)


async def _clear_up_space(services: Services, tenant: TenantId, space: SpaceId) -> None:
    now = services.clock()
    async with services.database.read(tenant) as session:
        exists = await spaces.find_space(session, space) is not None
        building = await parametric.list_building(session, space)
        weights = await adapter_erasing.weights(session, space)
    folder = None if services.workshop is None else services.workshop.folder
    if not exists:
        await asyncio.to_thread(discard, services.artifacts, services.pads, folder, tenant, space)
        return
    if folder is not None:
        wanted = {str(adapter.id) for adapter in building}
        await asyncio.to_thread(sweep, home_of(folder, tenant, space), wanted)
    await asyncio.to_thread(services.artifacts.clear_up, tenant, space, now - _GRACE)
    await asyncio.to_thread(services.pads.remove_older, tenant, space, now - adapter_erasing.KEPT)
    named = {content for _, content in weights.kept}
    there = await asyncio.to_thread(services.artifacts.listed, tenant, space)
    if set(there) - named and not building:
        # A server may know them, so they go where the server is told first.
        async with services.database.write(tenant) as session:
            await jobs.follow_up(session, space, adapter_erasing.NAME, now)


def discard(
    artifacts: Artifacts, pads: Pads, folder: Path | None, tenant: TenantId, space: SpaceId
) -> None:
    """Delete all files of a space that is no more. Blocks."""
    artifacts.remove_space(tenant, space)
    pads.remove_space(tenant, space)
    if folder is not None:
        shutil.rmtree(home_of(folder, tenant, space), ignore_errors=True)


def sweep(home: Path, wanted: Set[str]) -> None:
    """Remove what was laid down for builds that are over: it holds words of memories. Blocks."""
    for folder in home.iterdir() if home.exists() else ():
        if folder.name not in wanted:
            shutil.rmtree(folder, ignore_errors=True)


def home_of(folder: Path, tenant: TenantId, space: SpaceId) -> Path:
    """Where the builds of a space are laid down."""
    return folder / str(tenant) / str(space)
