"""How a memory stands now and until when: bands of retention, with a margin against flapping. Pure.

A memory leaves its tier downwards at .03 below the band's edge and upwards at .03 above it, so a
retention that lies near an edge does not move it back and forth.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from consolidation.decay.protocol import Kept, Outlook, Profile
from stores.records import Tier

MARGIN = 0.03
#: The tiers from the top, each with the retention above which a memory belongs in it.
EDGES = ((Tier.HOT, 0.8), (Tier.WARM, 0.5), (Tier.COLD, 0.2), (Tier.ARCHIVED, 0.0))
_TIERS = [tier for tier, _ in EDGES]
#: No nearer than this is a transition looked for: a moment is stored to the microsecond.
_SOON = timedelta(seconds=1)
#: Later than this nothing is planned.
_FOREVER_DAYS = 36_525.0
#: Halvings of a hundred years that lead below a microsecond.
_HALVINGS = 64


def outlook(profile: Profile | None, kept: Kept, now: datetime) -> Outlook:
    """The memory's retention and tier at `now`, and when it leaves that tier.

    Without a profile, and for what is held, nothing decays.
    """
    if profile is None or kept.held:
        return Outlook(retention=1.0, strength=None, tier=Tier.HOT, next_transition_at=None)
    retention = profile.retention(kept, _age(kept, now))
    tier = tier_of(retention, kept.tier)
    return Outlook(
        retention=retention,
        strength=profile.strength(kept),
        tier=tier,
        next_transition_at=_next(profile, kept, tier, now),
    )


def tier_of(retention: float, before: Tier) -> Tier:
    """The tier of a memory with this retention that was in tier `before`."""
    place = _TIERS.index(before)
    while place + 1 < len(EDGES) and retention <= EDGES[place][1] - MARGIN:
        place += 1
    while place > 0 and retention > EDGES[place - 1][1] + MARGIN:
        place -= 1
    return _TIERS[place]


def fall_to(retention: Callable[[float], float], level: float) -> float | None:
    """The age in days at which a falling retention reaches a level; None within a hundred years.

    For profiles without a closed form; the retention may fall in steps.
    """
    low, high = 0.0, _FOREVER_DAYS
    if retention(high) > level:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if retention(middle) > level else (low, middle)
    return high


def _next(profile: Profile, kept: Kept, tier: Tier, now: datetime) -> datetime | None:
    if tier is Tier.ARCHIVED:
        return None
    age = profile.age_when(kept, dict(EDGES)[tier] - MARGIN)
    if age is None or age > _FOREVER_DAYS:
        return None
    return max(kept.fresh_at + timedelta(days=age), now + _SOON)


def _age(kept: Kept, now: datetime) -> float:
    """In days; what holds from a later day on has not begun to age."""
    return max((now - kept.fresh_at) / timedelta(days=1), 0.0)
