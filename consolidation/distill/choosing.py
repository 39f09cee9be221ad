"""What a space would have an adapter learn, as it stands now."""

from __future__ import annotations

import asyncio

from consolidation.distill.policy import Policy
from consolidation.distill.selection import Selected, select
from stores.candidates import candidates
from stores.database import Database
from stores.ids import Clock, TenantId
from stores.records import Space

#: Memories of a space that are looked at.
MOST = 50_000


async def choose(
    database: Database, clock: Clock, tenant: TenantId, space: Space, policy: Policy
) -> Selected:
    """Who is chosen and who is not; a read, and nothing else."""
    async with database.read(tenant) as session:
        found = await candidates(session, space.id, limit=MOST)
    return await asyncio.to_thread(select, found, policy.select, clock())
