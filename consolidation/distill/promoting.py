"""Memories become weights and text again by schedule, in spaces whose policy says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from consolidation.distill import switching
from consolidation.distill.choosing import choose
from consolidation.distill.errors import BadPolicy
from consolidation.distill.manifest import manifest_of
from consolidation.distill.policy import policy_of
from consolidation.distill.promotion import Step, next_step
from consolidation.services import Services, Work, Workshop
from stores import candidates, parametric, schedules
from stores.database import ReadSession
from stores.parametric import NAME
from stores.records import Space

WHY = "none of its memories may be learned any more"


async def owed_at(session: ReadSession, space: Space) -> datetime | None:
    """When the next memory has stood unchanged for as long as the policy asks for.

    So a space in which nothing happens any more is looked at as often as memories become old
    enough, and then no more.
    """
    ran = (await schedules.list_ran(session, space.id)).get(NAME)
    if ran is None:
        return None
    try:
        needed = timedelta(days=policy_of(space.policies).select.stable_days)
    except BadPolicy:
        return None
    made = await candidates.next_made(session, space.id, ran.at - needed)
    return None if made is None else made + needed


async def promote(services: Services, work: Work, workshop: Workshop) -> None:
    """Ask for an adapter if one is due, which takes over when it has passed; or retire the last."""
    policy, now = policy_of(work.space.policies), services.clock()
    selected = await choose(services.database, services.clock, work.tenant, work.space, policy)
    wanted = manifest_of(selected)
    async with services.database.write(work.tenant) as session:
        if await parametric.list_building(session, work.space.id):
            return
        active = await parametric.active_adapter(session, work.space.id)
        newest = await parametric.newest_adapter(session, work.space.id)
        step = next_step(wanted, active, newest)
        if step is Step.BUILD:
            await parametric.request(
                session, work.space, base_model=workshop.base_model, activate=True, now=now,
                alias=parametric.ALIAS if active is None else active.alias,
            )  # fmt: skip
        elif step is Step.RETIRE and active is not None:
            await switching.retire(session, work.space, active.id, now, why=WHY)
