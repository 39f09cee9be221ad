"""Lets memories fade: those past their time go, the others change tiers, quotas are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from consolidation.decay.rules import rules_of
from consolidation.lifecycle.expiring import doomed_states, expire
from consolidation.lifecycle.fading import fade
from consolidation.lifecycle.quotas import keep_quotas
from consolidation.services import Cadence, JobKind, Services, Work
from stores import archiving, decay
from stores.database import ReadSession
from stores.records import Space


async def run(services: Services, work: Work) -> None:
    """Do what is due by now; quotas last, for they go by what decay has found."""
    await expire(services, work)
    await fade(services, work)
    await keep_quotas(services, work)


async def owed_at(session: ReadSession, space: Space) -> datetime | None:
    """When a memory changes its tier next, or its time is over."""
    states = doomed_states(space.policies)
    moments = (
        await decay.owed_at(session, space.id, rules_of(space.policies).key),
        await archiving.next_expiry(session, space.id, states),
    )
    return min((moment for moment in moments if moment is not None), default=None)


JOB = JobKind(name="decay", run=run, cadence=Cadence(every=timedelta(minutes=30)), owed_at=owed_at)
