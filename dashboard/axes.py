"""Both time axes of a memory as a drawing: a row for what was known, a bar for when it held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.formats import moment

#: The drawing is so wide, in units of its own.
WIDTH = 1000.0
_LEAST = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """A version: known from `created_at` to `expired_at`; it says that it held in the bar."""

    version: Any
    x: float
    width: float
    #: Whether the time has no known beginning or end, so that the bar runs out of the picture.
    open_left: bool
    open_right: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Axes:
    """The bars, newest version first; world time from `since` to `until`; `now` on that scale."""

    bars: tuple[Bar, ...]
    since: datetime
    until: datetime
    now: float

    @property
    def middle(self) -> datetime:
        """Half way."""
        return self.since + (self.until - self.since) / 2


def axes(versions: Sequence[Any], now: datetime) -> Axes:
    """The drawing of these versions, newest first."""
    spans = [_span(version) for version in versions]
    known = [at for span in spans for at in span if at is not None] + [now]
    first, last = min(known), max(known)
    margin = max((last - first) * 0.08, _LEAST)
    since, until = first - margin, last + margin
    scale = WIDTH / ((until - since) / timedelta(seconds=1))

    def place(at: datetime) -> float:
        return round((at - since).total_seconds() * scale, 1)

    bars = []
    for version, (begin, end) in zip(versions, spans, strict=True):
        x = 0.0 if begin is None else place(begin)
        right = WIDTH if end is None else place(end)
        bars.append(
            Bar(
                version=version,
                x=x,
                width=max(round(right - x, 1), 4.0),
                open_left=begin is None,
                open_right=end is None,
            )
        )
    return Axes(bars=tuple(bars), since=since, until=until, now=place(now))


def _span(version: Any) -> tuple[datetime | None, datetime | None]:
    """When it held, or at what moment it happened."""
    time = version["time"]
    occurred = moment(time["occurred_at"])
    if occurred is not None:
        return occurred, occurred
    return moment(time["valid_at"]), moment(time["invalid_at"])
