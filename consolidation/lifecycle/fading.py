"""Works out how memories stand, stretch by stretch, and moves their vectors where they belong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from consolidation.decay.outlook import outlook
from consolidation.decay.protocol import Kept
from consolidation.decay.rules import Rules, rules_of
from consolidation.lifecycle.recording import record
from consolidation.services import Services, Work
from stores import backlog, decay, jobs, memories, tiers
from stores.backlog import Stage
from stores.database import WriteSession
from stores.decay import Current, Finding, Subject
from stores.ids import MemoryId, new_id
from stores.records import MemoryType, Tier

#: Memories at a time: few enough that nobody waits long for one of them.
STRETCH = 2000
#: Tiers whose vectors are in one place.
_NEAR = frozenset({Tier.HOT, Tier.WARM})

#: A memory as it was, and as it was found to stand.
Found = Sequence[tuple[Subject, Finding]]


async def fade(services: Services, work: Work) -> None:
    """Go on until nothing is due."""
    rules = rules_of(work.space.policies)
    while await _stretch(services, work, rules):
        pass


async def _stretch(services: Services, work: Work, rules: Rules) -> int:
    """Work out some of what is due; returns how many memories that were.

    Most stay where they are. Those whose vectors move are taken in a transaction of their own,
    memories before their usage, as an erasure takes them.
    """
    now = services.clock()
    async with services.database.read(work.tenant) as session:
        due = await decay.due(session, work.space.id, rules.key, now=now, limit=STRETCH)
    if not due:
        return 0
    async with services.database.write(work.tenant) as session:
        found = await _work_out(session, rules, due, now)
        staying = [(one, to) for one, to in found if not _moves(one, to)]
        done = await _settle(session, services, work, rules, staying, now)
    moving = [one.memory_id for one, to in found if _moves(one, to)]
    if moving:
        async with services.database.write(work.tenant) as session:
            kept = await memories.keep(session, moving)
            found = await _work_out(session, rules, list(kept), now)
            done += await _settle(session, services, work, rules, found, now)
    return done


async def _work_out(
    session: WriteSession, rules: Rules, memory_ids: Sequence[MemoryId], now: datetime
) -> Found:
    """How memories stand, held until commit; without those that somebody else holds."""
    held = await decay.hold(session, memory_ids)
    return [(one, _finding(rules, one, now)) for one in held]


async def _settle(
    session: WriteSession,
    services: Services,
    work: Work,
    rules: Rules,
    found: Found,
    now: datetime,
) -> int:
    """Note how they stand, and move what has to; returns how many they are."""
    if found:
        await _move(session, work, found, now)
        await decay.settle(session, rules.key, [to for _, to in found], now)
        come = Counter(f"tier:{to.tier}" for one, to in found if to.tier is not one.tier)
        await record(session, work, new_id(), come, started=now, finished=services.clock())
        await jobs.progress(session, work.job_id, len(found))
    return len(found)


def kept_of(rules: Rules, one: Subject, current: Current) -> Kept:
    """A memory as decay sees it by these rules."""
    return Kept(
        half_life_days=rules.half_lives[current.kind],
        importance=current.importance,
        trust=current.trust,
        since=current.since,
        valid_at=current.valid_at,
        uses=one.uses,
        last_used_at=one.last_used_at,
        confirmations=one.confirmations,
        held=current.held,
        tier=one.tier,
    )


def _finding(rules: Rules, one: Subject, now: datetime) -> Finding:
    current = one.current
    if current is None:
        # Of a memory without a current version nothing is left that could decay.
        return Finding(memory_id=one.memory_id, tier=one.tier, retention=1.0)
    found = outlook(rules.profile, kept_of(rules, one, current), now)
    return Finding(
        memory_id=one.memory_id,
        tier=found.tier,
        strength=found.strength,
        retention=found.retention,
        next_transition_at=found.next_transition_at,
    )


def _moves(one: Subject, to: Finding) -> bool:
    """Whether the vectors have to move. Entities and relations are searched apart, theirs stay."""
    if one.current is None or one.current.type is MemoryType.GRAPH:
        return False
    return one.tier is not to.tier and not (one.tier in _NEAR and to.tier in _NEAR)


async def _move(session: WriteSession, work: Work, found: Found, now: datetime) -> None:
    space = work.space.id
    moving = [(one, to.tier) for one, to in found if _moves(one, to)]
    near = [one.memory_id for one, to in moving if one.tier is Tier.COLD and to in _NEAR]
    away = [one.memory_id for one, to in moving if one.tier in _NEAR and to is Tier.COLD]
    await tiers.bring_near(session, space, near)
    await tiers.put_away(session, space, away)
    await tiers.drop(session, space, [one.memory_id for one, to in moving if to is Tier.ARCHIVED])
    thawed = [(one.memory_id, one.current.text_version) for one, _ in moving
              if one.tier is Tier.ARCHIVED and one.current is not None]  # fmt: skip
    if thawed:
        await backlog.owe(session, space, Stage.EMBED, thawed)
        await jobs.follow_up(session, space, "embed", now)
