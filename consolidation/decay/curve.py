"""How a memory fades from when it was last fresh, as points of a line. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from consolidation.decay.protocol import Kept, Profile

#: The line is drawn until so little is left, and at least until now.
_LEAST = 0.05
_POINTS = 60
_SHORTEST_DAYS, _LONGEST_DAYS = 1.0, 3653.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """What is left, in 0..1, at a time."""

    at: datetime
    retention: float


def curve(profile: Profile, kept: Kept, now: datetime) -> tuple[Point, ...]:
    """Retention from when the memory was fresh until it has faded, if nobody uses it."""
    faded = profile.age_when(kept, _LEAST)
    age = max((now - kept.fresh_at) / timedelta(days=1), 0.0)
    span = _LONGEST_DAYS if faded is None else min(faded, _LONGEST_DAYS)
    days = max(span, age * 1.1, _SHORTEST_DAYS)
    steps = [days * step / (_POINTS - 1) for step in range(_POINTS)]
    return tuple(
        Point(at=kept.fresh_at + timedelta(days=step), retention=profile.retention(kept, step))
        for step in steps
    )
