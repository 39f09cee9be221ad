"""How long calls took: how many fell into which stretch of time, per space, minute and operation.

The stretches grow by the same factor, so that a quantile is off by the same share everywhere: at
most by a tenth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from stores.database import ReadSession, WriteSession

#: For so long the minutes are kept.
KEPT = timedelta(days=7)
#: Bucket 0 holds what took up to a millisecond; each next one reaches so many times as far, and the
#: last, from about three hours on, holds the rest.
FIRST_S, FACTOR, LAST = 0.001, 1.2, 90

#: Only for spaces that are still there. Rows are locked in the order of the key, so that two
#: writers cannot wait for each other.
_ADD = text("""
    INSERT INTO timings AS t (tenant_id, space_id, minute, operation, bucket, n)
    SELECT s.tenant_id, s.space_id, a.minute, a.operation, a.bucket, a.n
    FROM unnest(CAST(:spaces AS text[]), CAST(:minutes AS timestamptz[]),
                CAST(:operations AS text[]), CAST(:buckets AS smallint[]), CAST(:ns AS bigint[]))
         AS a(space, minute, operation, bucket, n)
    JOIN spaces s ON s.tenant_id = :tenant AND s.name = a.space
    ORDER BY s.space_id, a.minute, a.operation, a.bucket
    ON CONFLICT (tenant_id, space_id, minute, operation, bucket) DO UPDATE SET n = t.n + excluded.n
""")
#: By timings_minute_idx. Steps begin at whole multiples of their length.
_READ = text("""
    SELECT to_timestamp(floor(extract(epoch FROM t.minute) / :step) * :step) AS at, t.operation,
           t.bucket, CAST(sum(t.n) AS bigint) AS n
    FROM timings t
    WHERE t.tenant_id = :tenant AND t.minute >= :since AND t.minute < :until
      AND (CAST(:only AS text[]) IS NULL OR t.space_id IN (
               SELECT space_id FROM spaces
               WHERE tenant_id = :tenant AND name = ANY(CAST(:only AS text[]))))
    GROUP BY 1, 2, 3
""")
_PRUNE = text("DELETE FROM timings WHERE tenant_id = :tenant AND minute < :before")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Slot:
    """What is counted together; the space by its name."""

    space: str
    minute: datetime
    operation: str
    bucket: int


#: How many took how long, by bucket.
Buckets = Mapping[int, int]


def bucket_of(seconds: float) -> int:
    """The first bucket that reaches as far."""
    if seconds <= FIRST_S:
        return 0
    return min(LAST, math.ceil(math.log(seconds / FIRST_S, FACTOR)))


def quantile(buckets: Buckets, share: float) -> float | None:
    """Seconds that this share of the calls took at most; None of no calls.

    The middle of the stretch it lies in, in ratios: off by at most the root of FACTOR.
    """
    wanted, seen = share * sum(buckets.values()), 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= wanted and buckets[bucket]:
            return FIRST_S * math.pow(FACTOR, bucket - 0.5)
    return None


async def add(session: WriteSession, noted: Mapping[Slot, int]) -> None:
    """Count calls, in one statement; nothing for spaces erased meanwhile."""
    if noted:
        await session.execute(
            _ADD,
            spaces=[slot.space for slot in noted],
            minutes=[slot.minute for slot in noted],
            operations=[slot.operation for slot in noted],
            buckets=[slot.bucket for slot in noted],
            ns=list(noted.values()),
        )


async def read(
    session: ReadSession,
    *,
    only: Sequence[str] | None,
    since: datetime,
    until: datetime,
    step: timedelta,
) -> dict[tuple[datetime, str], Buckets]:
    """Per step of time and operation, how many calls took how long; `only` these spaces, if given.

    Steps in which nothing was called are not there.
    """
    rows = await session.rows(
        _READ, only=None if only is None else list(only), since=since, until=until,
        step=int(step.total_seconds()),
    )  # fmt: skip
    found: dict[tuple[datetime, str], dict[int, int]] = {}
    for row in sorted(rows, key=lambda row: (row.at, row.operation)):
        found.setdefault((row.at, row.operation), {})[row.bucket] = row.n
    return dict(found)


async def prune(session: WriteSession, now: datetime) -> None:
    """Drop the minutes that are over."""
    await session.execute(_PRUNE, before=now - KEPT)
