"""By time: memories of the period a question names, or the n-th conversation it asks for.

A memory has up to three dates: when it was observed (an episode's `occurred_at`), the time it is
about (a fact's `valid_at` and `invalid_at`), and when the system learned of it, which counts only
where the others are missing. Nearness to a period is a Gaussian of the days between, 1 inside (as
in SuperLocalMemory's code). "The third conversation on a Tuesday" is answered by SQL over the
episodes, not by likeness (Alonso et al., arXiv:2406.00057).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

from retrieval.channel import Query
from retrieval.overlap import OVERLAP, bound
from retrieval.understanding.records import Order, Relation, TimeConstraint, Unit
from stores.lexical import terms
from stores.search import Found, Search

POOL = 100
#: Candidates inside a period taken as they come; beyond, only those that share words.
INSIDE = 300
#: Candidates on either side of a period, nearest first.
BESIDE = 50
#: Of those that share words with the question, the best so many are looked at.
WORDED = 300
#: What an observed date counts against one the memory is about, and a date of the system.
OBSERVED, LEARNED = 0.8, 0.5
#: What a fact counts for that began before the period and still held in it: so do very many.
HELD = 0.5
#: Days of the Gaussian beside a period: so many, and as many again as the period has, at most.
LEAST_SPREAD, MOST_SPREAD = 3.0, 180.0
#: Days of the Gaussian on the side a question leaves open: "before", "after".
OPEN_SPREAD = 180.0
#: A period named vaguely reaches further.
VAGUE = 3.0
_BEGIN, _END = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_DAY = timedelta(days=1)

#: `memories_time_idx` gives those in and beside each period, the postings those that share words;
#: the latter also reach facts that began long before.
_INTERVAL: LiteralString = """
    , periods AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:sinces AS timestamptz[]), CAST(:untils AS timestamptz[]),
                             CAST(:befores AS float8[]), CAST(:afters AS float8[]),
                             CAST(:earliest AS timestamptz[]), CAST(:latest AS timestamptz[]))
            AS p(since, until, before, after, earliest, latest)),
    near AS MATERIALIZED (
        SELECT c.* FROM periods p CROSS JOIN unnest(CAST(:spaces AS uuid[])) AS s(space_id)
        CROSS JOIN LATERAL (
            (SELECT memory_id, version, text_version, type, kind, occurred_at, valid_at, invalid_at,
                    moment
             FROM visible WHERE space_id = s.space_id AND moment >= p.since AND moment < p.until
             ORDER BY moment LIMIT :inside)
            UNION ALL
            (SELECT memory_id, version, text_version, type, kind, occurred_at, valid_at, invalid_at,
                    moment
             FROM visible
             WHERE space_id = s.space_id AND moment < p.since AND moment >= p.earliest
             ORDER BY moment DESC LIMIT :beside)
            UNION ALL
            (SELECT memory_id, version, text_version, type, kind, occurred_at, valid_at, invalid_at,
                    moment
             FROM visible
             WHERE space_id = s.space_id AND moment >= p.until AND moment < p.latest
             ORDER BY moment LIMIT :beside)) c),
    telling AS MATERIALIZED (
        SELECT memory_id, text_version FROM overlap ORDER BY shared DESC, memory_id LIMIT :worded),
    candidates AS (
        SELECT * FROM near
        UNION
        SELECT v.* FROM telling t CROSS JOIN LATERAL (
            SELECT memory_id, version, text_version, type, kind, occurred_at, valid_at, invalid_at,
                   moment
            FROM visible WHERE memory_id = t.memory_id AND text_version = t.text_version
            OFFSET 0) v),
    dated AS (
        SELECT c.*, CASE WHEN occurred_at IS NOT NULL THEN :observed
                         WHEN valid_at IS NOT NULL THEN 1 ELSE :learned END AS trust,
               CASE WHEN type <> 'episodic' AND invalid_at IS NOT NULL THEN invalid_at
                    ELSE moment END AS ending
        FROM candidates c WHERE type <> 'parametric' AND kind <> 'entity'),
    placed AS (
        SELECT d.memory_id, d.version, d.text_version, d.moment,
               max(d.trust * greatest(
                   CASE WHEN d.moment >= p.since AND d.moment < p.until
                          OR d.ending > p.since AND d.ending < p.until THEN 1
                        WHEN d.type = 'semantic' AND d.moment < p.until
                             AND (d.invalid_at IS NULL OR d.invalid_at > p.since) THEN :held
                        ELSE 0 END,
                   CASE WHEN d.ending < p.since AND p.before > 0 THEN exp(-0.5 * power(least(
                            extract(epoch FROM p.since - d.ending) / 86400 / p.before, 9), 2)) END,
                   CASE WHEN d.moment >= p.until AND p.after > 0 THEN exp(-0.5 * power(least(
                            extract(epoch FROM d.moment - p.until) / 86400 / p.after, 9), 2)) END
               )) AS nearness
        FROM dated d CROSS JOIN periods p
        GROUP BY d.memory_id, d.version, d.text_version, d.moment)
    SELECT c.memory_id, c.version, c.text_version, coalesce(o.part, 0) AS part,
           c.nearness * (1 + coalesce(o.shared, 0)) / 2 AS score
    FROM placed c LEFT JOIN overlap o USING (memory_id, text_version)
    WHERE c.nearness > 0.01
    ORDER BY score DESC, c.moment DESC, c.memory_id
    LIMIT :pool
"""
#: Counting stops at the n-th, so it goes along an index; the planner would rather sort everything.
_ALONG: Mapping[LiteralString, LiteralString] = {"enable_sort": "off"}
#: Which side an order counts from. These constants are all that differs between statements.
_FORWARD: Mapping[str, LiteralString] = {"direction": "ASC"}
_BACKWARD: Mapping[str, LiteralString] = {"direction": "DESC"}

#: Episodes in the order of time (memories_time_idx), those that began their session
#: (memories_session_idx), until the n-th is reached; then what was said in it, from its beginning.
_NTH_SESSION: LiteralString = """
    , nth AS MATERIALIZED (
        SELECT b.space_id, b.session_id
        FROM unnest(CAST(:spaces AS uuid[])) AS s(space_id) CROSS JOIN LATERAL (
            SELECT v.space_id, v.session_id, v.moment, v.memory_id FROM visible v
            WHERE v.space_id = s.space_id AND v.type = 'episodic' AND v.session_id IS NOT NULL
              AND v.moment >= :counted_since AND v.moment < :counted_until
              AND (CAST(:weekday AS int) IS NULL
                   OR extract(isodow FROM v.moment) = CAST(:weekday AS int))
              AND v.memory_id = (
                  SELECT f.memory_id FROM visible f
                  WHERE f.space_id = v.space_id AND f.session_id = v.session_id
                    AND f.type = 'episodic'
                  ORDER BY f.occurred_at, f.memory_id LIMIT 1)
            ORDER BY v.moment {direction}, v.memory_id {direction} LIMIT :position) b
        ORDER BY b.moment {direction}, b.memory_id {direction}
        OFFSET :position - 1 LIMIT 1)
    SELECT e.memory_id, e.version, e.text_version, 0 AS part,
           1 / sqrt(row_number() OVER (ORDER BY e.occurred_at, e.memory_id)) AS score
    FROM nth CROSS JOIN LATERAL (
        SELECT memory_id, version, text_version, occurred_at FROM visible
        WHERE space_id = nth.space_id AND session_id = nth.session_id AND type = 'episodic'
        ORDER BY occurred_at, memory_id LIMIT :pool) e
    ORDER BY score DESC, e.memory_id
"""
#: The n-th episode, and those beside it.
_NTH_EPISODE: LiteralString = """
    , counted AS (
        SELECT b.*, row_number() OVER (ORDER BY b.moment {direction}, b.memory_id {direction}) AS n
        FROM unnest(CAST(:spaces AS uuid[])) AS s(space_id) CROSS JOIN LATERAL (
            SELECT memory_id, version, text_version, moment FROM visible
            WHERE space_id = s.space_id AND type = 'episodic'
              AND moment >= :counted_since AND moment < :counted_until
              AND (CAST(:weekday AS int) IS NULL
                   OR extract(isodow FROM moment) = CAST(:weekday AS int))
            ORDER BY moment {direction}, memory_id {direction} LIMIT :position + 10) b)
    SELECT memory_id, version, text_version, 0 AS part,
           1 / (1 + abs(n - :position))::float8 AS score
    FROM counted ORDER BY score DESC, n LIMIT :pool
"""
#: Those that share words with the question, the more the higher, and the nearer to the n-th of
#: those that share most of what any shares.
_NTH_ABOUT: LiteralString = """
    , telling AS MATERIALIZED (
        SELECT v.memory_id, v.version, o.text_version, o.part, o.shared, v.moment
        FROM (SELECT * FROM overlap ORDER BY shared DESC, memory_id LIMIT :worded) o
        CROSS JOIN LATERAL (
            SELECT memory_id, version, moment FROM visible
            WHERE memory_id = o.memory_id AND text_version = o.text_version AND type = 'episodic'
              AND moment >= :counted_since AND moment < :counted_until
              AND (CAST(:weekday AS int) IS NULL
                   OR extract(isodow FROM moment) = CAST(:weekday AS int)) OFFSET 0) v),
    compared AS (
        SELECT t.*, shared / max(shared) OVER () AS fit FROM telling t),
    counted AS (
        SELECT c.*, count(*) FILTER (WHERE fit >= :about)
                        OVER (ORDER BY moment {direction}, memory_id {direction}) AS n
        FROM compared c)
    SELECT memory_id, version, text_version, part,
           fit / (1 + :falloff * abs(n - :position)) AS score
    FROM counted ORDER BY score DESC, n, memory_id LIMIT :pool
"""
#: Words that ask for an order and for telling, not for what was told.
_ORDINARY = frozenset(
    terms("""
    first second third last latest earliest previous time occasion begin start originally initially
    mention say said tell told talk discuss bring brought message conversation session chat
""")
)
#: An episode is about the question if it shares so much of what the best one shares.
ABOUT = 0.6
#: What each place beside the n-th takes away: it is known roughly, for telling is not happening.
FALLOFF = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A stretch of time in which nearness is 1, and the days over which it fades on either side."""

    since: datetime
    until: datetime
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Temporal:
    """Nearness to the periods a question names, or its place in the order of time."""

    name: str = "temporal"
    label: str = "time"

    def applies(self, query: Query) -> bool:
        """A question that names no time gets no memories for being recent."""
        return bool(query.understood.times) or query.understood.order is not None

    async def search(self, search: Search, query: Query) -> list[Found]:
        """The memories of that time."""
        if query.understood.order is not None:
            return await _ordered(search, query, query.understood.order)
        periods = [period_of(t) for t in query.understood.times]
        return await search.ranked(
            OVERLAP + _INTERVAL,
            sinces=[p.since for p in periods],
            untils=[p.until for p in periods],
            befores=[p.before for p in periods],
            afters=[p.after for p in periods],
            earliest=[_shifted(p.since, -3 * p.before) for p in periods],
            latest=[_shifted(p.until, 3 * p.after) for p in periods],
            inside=INSIDE,
            beside=BESIDE,
            worded=WORDED,
            observed=OBSERVED,
            learned=LEARNED,
            held=HELD,
            pool=POOL,
            **bound(query, without=_said_of_time(query)),
        )


def period_of(time: TimeConstraint) -> Period:
    """How nearness to a time falls off: with the period's length, further where it is open."""
    since, until = time.since or _BEGIN, time.until or _END
    if time.relation is Relation.BEFORE:
        return Period(since=until, until=until, before=OPEN_SPREAD, after=0.0)
    if time.relation is Relation.AFTER:
        return Period(since=since, until=since, before=0.0, after=OPEN_SPREAD)
    length = 0.0 if time.since is None or time.until is None else (until - since) / _DAY
    spread = min(LEAST_SPREAD + length * 0.9, MOST_SPREAD)
    if time.relation is Relation.AROUND:
        spread *= VAGUE
    return Period(
        since=since,
        until=until,
        before=spread if time.since is not None else 0.0,
        after=spread if time.until is not None else 0.0,
    )


def _shifted(time: datetime, days: float) -> datetime:
    """Days later or earlier, within the calendar."""
    try:
        return time + timedelta(days=days)
    except OverflowError:
        return _BEGIN if days < 0 else _END


async def _ordered(search: Search, query: Query, order: Order) -> list[Found]:
    """The n-th conversation, message or event: of all, or of those that are about the question."""
    side = _FORWARD if order.position > 0 else _BACKWARD
    values: dict[str, Any] = {
        "position": abs(order.position),
        "weekday": None if order.weekday is None else order.weekday + 1,
        "pool": POOL,
        **_stretch(query),
    }
    if order.topic and query.terms:
        words = bound(query, without=_said_of_time(query) | _ORDINARY)
        about = {"about": ABOUT, "falloff": FALLOFF, "worded": WORDED, **words}
        return await search.ranked(OVERLAP + _NTH_ABOUT.format(**side), **values, **about)
    sql = _NTH_SESSION if order.unit is Unit.SESSION else _NTH_EPISODE
    return await search.ranked(sql.format(**side), settings=_ALONG, **values)


def _said_of_time(query: Query) -> frozenset[str]:
    """The terms with which the question names its times: the periods have said it already."""
    return frozenset(term for time in query.understood.times for term in terms(time.text))


def _stretch(query: Query) -> Mapping[str, datetime]:
    """What is counted: what the question limits it to, and nothing after the moment it is asked."""
    times = query.understood.times
    since = min((t.since or _BEGIN for t in times), default=_BEGIN)
    until = max((t.until or _END for t in times), default=_END)
    return {"counted_since": since, "counted_until": min(until, query.reference)}


CHANNEL = Temporal()
