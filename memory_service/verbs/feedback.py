"""Feedback: which of the memories a recall showed served; and what spaces learn from it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from memory_service.auth import Principal, Role
from memory_service.usage import EVERY_S
from memory_service.verbs.errors import Malformed
from memory_service.verbs.services import Services
from stores import feedback, jobs, rankers, spaces, usage
from stores.database import WriteSession
from stores.feedback import Judged
from stores.ids import MemoryId, SpaceId, TenantId, first_id
from stores.rankers import Ranker

#: Learn anew after so many recalls with feedback.
LEARN_EVERY = 20
#: Seconds after which every process has written down what it recalled, or is in trouble.
WRITTEN_AFTER_S = EVERY_S + 1
_WRITTEN_AFTER, _SKEW = timedelta(seconds=WRITTEN_AFTER_S), timedelta(seconds=1)
#: Seconds between looks for a recall of another process.
_LOOK_S = 0.2
_LISTED = 50


async def give_feedback(
    services: Services,
    principal: Principal,
    recall_id: UUID,
    *,
    used: Sequence[MemoryId],
    irrelevant: Sequence[MemoryId],
    outcome: str | None,
) -> int:
    """Note which memories served and which did not; returns how many were new to be used.

    Raises RecallNotFound, Malformed for a memory that was not shown.
    """
    principal.require(Role.WRITER)
    await _written(services, principal.tenant, recall_id)
    now = services.clock()
    async with services.database.write(principal.tenant) as session:
        names = await feedback.hold(session, recall_id, now)
        if not all(map(principal.covers, names)):
            raise feedback.not_found(recall_id)
        shown = await feedback.shown_by(session, recall_id)
        _check_shown(shown, used=used, irrelevant=irrelevant)
        changes = _changes(shown, used=used, irrelevant=irrelevant)
        for space in sorted(await usage.add_used(session, changes, now)):
            await jobs.follow_up(session, space, "decay", now)
        await feedback.mark(session, recall_id, used=used, irrelevant=irrelevant, outcome=outcome)
        await _learn_when_due(session, _newly_judged(shown, {*used, *irrelevant}), now)
    return sum(change > 0 for change in changes.values())


async def list_rankers(services: Services, principal: Principal, name: str) -> list[Ranker]:
    """What the space has learned about ranking, newest first."""
    principal.require_spaces([name])
    async with services.database.read(principal.tenant) as session:
        space = await spaces.get_space(session, name)
        return await rankers.list_rankers(session, space.id, _LISTED)


async def revert_ranker(services: Services, principal: Principal, name: str) -> list[Ranker]:
    """Take the serving ranker back; the one before it serves again, or the base model."""
    principal.require(Role.ADMIN)
    principal.require_spaces([name])
    async with services.database.write(principal.tenant) as session:
        space = await spaces.get_space(session, name)
        await rankers.revert(session, space.id, services.clock())
        return await rankers.list_rankers(session, space.id, _LISTED)


async def _written(services: Services, tenant: TenantId, recall_id: UUID) -> None:
    """See to it that a recall of a moment ago is written down, by us or by another process."""
    await services.usage.write_of(tenant)
    for _ in range(ceil(WRITTEN_AFTER_S / _LOOK_S)):
        now = services.clock()
        # What is older is there or nowhere; the clocks of two machines may differ a little.
        if not first_id(now - _WRITTEN_AFTER) <= recall_id <= first_id(now + _SKEW):
            return
        async with services.database.read(tenant) as session:
            if await feedback.is_known(session, recall_id):
                return
        await asyncio.sleep(_LOOK_S)


def _check_shown(
    shown: Sequence[Judged], *, used: Sequence[MemoryId], irrelevant: Sequence[MemoryId]
) -> None:
    ids = {item.memory_id for item in shown}
    for field, named in (("used", used), ("irrelevant", irrelevant)):
        for number, memory_id in enumerate(named):
            pointer = f"/{field}/{number}"
            if memory_id not in ids:
                raise Malformed(
                    f"the recall did not show {memory_id}, or it was erased", pointer=pointer
                )
            if field == "irrelevant" and memory_id in used:
                raise Malformed(f"{memory_id} cannot be both", pointer=pointer)


def _changes(
    shown: Sequence[Judged], *, used: Sequence[MemoryId], irrelevant: Sequence[MemoryId]
) -> dict[MemoryId, int]:
    """Which memories count as used from now on, with 1, and which no longer do, with -1."""
    return {
        item.memory_id: -1 if item.used else 1
        for item in shown
        if item.memory_id in (irrelevant if item.used else used)
    }


def _newly_judged(shown: Sequence[Judged], named: set[MemoryId]) -> set[SpaceId]:
    """The spaces of which this is the first feedback on the recall."""
    before = {item.space for item in shown if item.used is not None}
    return {item.space for item in shown if item.memory_id in named} - before


async def _learn_when_due(session: WriteSession, judged: set[SpaceId], now: datetime) -> None:
    """Enqueue learning for the spaces that have gathered enough since the last time."""
    for space in sorted(judged):
        if (await feedback.count_judged(session, space)) % LEARN_EVERY == 0:
            await jobs.enqueue(session, space, "learn", now=now)
