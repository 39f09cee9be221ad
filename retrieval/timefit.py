"""How well a candidate fits the times a question names.

Two times of an episode count: when it was said, and what its words say of time, seen from then
("last weekend"). A period of L days is met by another with exp(-gap / (5 + 0.15 L)), where the gap
is the days between them, and less by one that is much longer. Fitted on conversations written for
this project; see docs/benchmarks.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from retrieval.candidates import Candidates, Floats
from retrieval.understanding.dates import find_expressions
from retrieval.understanding.records import TimeConstraint
from stores.signature import Trait

#: What the time of saying counts against a time that is said.
OBSERVED = 0.8
#: A period of so many days or more says little: to lie in it is worth half.
LONG = 200.0
_DAY_S = 86_400.0


def time_fit(found: Candidates, times: Sequence[TimeConstraint]) -> Floats:
    """(n,) 0..1; 0 everywhere if the question names no time."""
    if not times:
        return np.zeros(len(found))
    days = np.array([_day(head.moment) for head in found.heads])
    best = OBSERVED * _near(times, days, days + 1)
    owners, starts, ends = _told(found)
    if owners.size:
        np.maximum.at(best, owners, _near(times, starts, ends))
    return best


def _near(times: Sequence[TimeConstraint], starts: Floats, ends: Floats) -> Floats:
    """How near each stretch of days is to the nearest of the times asked for."""
    best = np.zeros(len(starts))
    for time in times:
        since = -np.inf if time.since is None else _day(time.since)
        until = np.inf if time.until is None else _day(time.until - timedelta(microseconds=1)) + 1
        gap = np.maximum(0, np.maximum(starts - until + 1, since - ends + 1))
        length = until - since
        if length >= LONG:
            best = np.maximum(best, 0.5 * (gap == 0))
        else:
            narrow = np.minimum(1, (length + 14) / np.maximum(ends - starts, 1))
            best = np.maximum(best, np.exp(-gap / (5 + 0.15 * length)) * narrow)
    return best


def _told(found: Candidates) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], Floats, Floats]:
    """The periods that the candidates' words tell of: whose they are, first and last day."""
    telling = found.signatures.has(Trait.RELATIVE_TIME)
    rows = [
        (number, _day_number(told.period.start), _day_number(told.period.end))
        for number, head in enumerate(found.heads)
        if telling[number] and head.content
        for told in find_expressions(head.content, head.moment.date())
    ]
    owners = np.array([row[0] for row in rows], dtype=np.intp)
    return owners, np.array([r[1] for r in rows]), np.array([r[2] for r in rows])


def _day(moment: datetime) -> float:
    """Days since 1970, whole."""
    return float(moment.timestamp() // _DAY_S)


def _day_number(day: object) -> float:
    return float(np.datetime64(day, "D").astype(np.int64))  # type: ignore[call-overload]
