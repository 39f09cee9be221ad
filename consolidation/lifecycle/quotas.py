"""Keeps the quotas of a space: what is worth least of a type or kind is archived."""

from __future__ import annotations

from consolidation.decay.quotas import Support, choose
from consolidation.lifecycle.recording import METHOD, record
from consolidation.services import Services, Work
from stores import archiving, jobs
from stores.archiving import FIRST, Ranked
from stores.ids import new_id
from stores.records import MemCube, State

#: Memories that are looked at, and at most archived, in one transaction.
_AT_ONCE = 500


async def keep_quotas(services: Services, work: Work) -> None:
    """Archive until every quota is kept, or what is left over may not be archived."""
    quotas = work.space.policies.get("quotas") or {}
    for name, most in quotas.items():
        async with services.database.read(work.tenant) as session:
            counts = await archiving.count(session, work.space.id)
        excess = counts.get(name, 0) - most
        after: Ranked | None = FIRST
        while excess > 0 and after is not None:
            archived, after = await _archive(services, work, name, excess, after)
            excess -= archived


async def _archive(
    services: Services, work: Work, name: str, excess: int, after: Ranked
) -> tuple[int, Ranked | None]:
    """Archive some of those behind `after`, as one run; how many, and where to go on."""
    now, run_id = services.clock(), new_id()
    async with services.database.write(work.tenant) as session:
        space = work.space.id
        ranked = await archiving.ranked(session, space, name, after=after, limit=_AT_ONCE)
        ids = [one.memory_id for one in ranked]
        resting = await archiving.supports(session, ids)
        supports = [Support(memory_id=i, sources=sources) for i, sources in resting.items()]
        changes = await archiving.archive(
            session, work.space, choose(ids, supports, excess), still=_is_free, method=METHOD,
            run_id=run_id, now=now,
        )  # fmt: skip
        counts = {"beyond_quota": len(changes)} if changes else {}
        await record(session, work, run_id, counts, changes=changes, started=now,
                     finished=services.clock())  # fmt: skip
        await jobs.progress(session, work.job_id, len(changes))
    return len(changes), ranked[-1] if ranked else None


def _is_free(cube: MemCube) -> bool:
    life = cube.lifecycle
    return life.state is State.ACTIVE and not (life.pinned or cube.governance.legal_hold)
