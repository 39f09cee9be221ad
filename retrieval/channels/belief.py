"""By belief: what is claimed of somebody under the predicate a question asks for.

"Where does Hana live now?" has one answer: what is believed of her under `lives_in`, seen as of the
time that is asked for. A claim of a predicate that has one value at a time answers by itself; under
the others, and where the question was only half understood, it answers by the words it shares, the
name aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from retrieval.channel import Query
from retrieval.overlap import OVERLAP, bound
from retrieval.understanding.records import Question, Sought
from stores.lexical import terms
from stores.predicates import predicate
from stores.search import Found, Search

POOL = 20
#: Claims of one subject under one predicate that are looked at.
MOST = 200
#: What a claim is worth by itself: if it answers alone, if it is one of many, if that was guessed.
ALONE, ONE_OF_MANY, GUESSED = 0.9, 0.3, 0.0
#: What one is worth that the likelier predicates are before, or that is over; and one that says
#: what is not, unless it is asked whether.
LESS_LIKELY, PAST, NEGATED = 0.8, 0.3, 0.5
#: What a claim is worth for each day after it was said last on which another was, and of how many
#: days that is taken: what somebody drives, plays or likes is first what was said last.
EARLIER, STEPS = 0.85, 3

#: entity_aliases_pk, entities_pk and entities_merged_idx, relations_subject_idx; then the versions
#: that are seen, and by evidence_pk when that was said last.
_SQL: LiteralString = """
    , called AS MATERIALIZED (
        SELECT DISTINCT s.space_id, coalesce(e.merged_into, a.memory_id) AS entity_id
        FROM unnest(CAST(:names AS text[])) AS n(name)
        CROSS JOIN unnest(CAST(:spaces AS uuid[])) AS s(space_id)
        CROSS JOIN LATERAL (
            SELECT memory_id FROM entity_aliases
            WHERE tenant_id = :tenant AND space_id = s.space_id AND alias = n.name OFFSET 0) a
        LEFT JOIN LATERAL (
            SELECT merged_into FROM entities
            WHERE tenant_id = :tenant AND memory_id = a.memory_id OFFSET 0) e ON true),
    subjects AS MATERIALIZED (
        SELECT space_id, entity_id FROM called
        UNION
        SELECT c.space_id, m.memory_id FROM called c CROSS JOIN LATERAL (
            SELECT memory_id FROM entities
            WHERE tenant_id = :tenant AND merged_into = c.entity_id OFFSET 0) m),
    claimed AS MATERIALIZED (
        SELECT r.memory_id, r.negated, p.predicate, p.alone, p.worth
        FROM subjects s
        CROSS JOIN unnest(CAST(:predicates AS text[]), CAST(:alone AS float8[]),
                          CAST(:worth AS float8[])) AS p(predicate, alone, worth)
        CROSS JOIN LATERAL (
            SELECT memory_id, negated FROM relations
            WHERE tenant_id = :tenant AND space_id = s.space_id AND subject_id = s.entity_id
              AND predicate = p.predicate
            ORDER BY memory_id DESC LIMIT :most) r),
    scored AS (
        SELECT v.memory_id, v.version, v.text_version, coalesce(o.part, 0) AS part, v.moment,
               dense_rank() OVER (PARTITION BY c.predicate
                                  ORDER BY coalesce(t.told, v.moment)::date DESC) AS day,
               c.worth * (c.alone + (1 - c.alone) * coalesce(o.shared, 0))
                   * CASE WHEN c.negated THEN :negated ELSE 1 END
                   * CASE WHEN v.invalid_at <= :asked THEN :past ELSE 1 END AS score
        FROM claimed c
        CROSS JOIN LATERAL (
            SELECT memory_id, version, text_version, moment, invalid_at FROM visible
            WHERE memory_id = c.memory_id OFFSET 0) v
        CROSS JOIN LATERAL (
            SELECT max(n.occurred_at) AS told
            FROM evidence e CROSS JOIN LATERAL (
                SELECT occurred_at FROM memories
                WHERE tenant_id = :tenant AND memory_id = e.episode_id AND expired_at IS NULL
                  AND occurred_at <= :asked OFFSET 0) n
            WHERE e.tenant_id = :tenant AND e.memory_id = v.memory_id) t
        LEFT JOIN overlap o
            ON o.memory_id = v.memory_id AND o.text_version = v.text_version)
    SELECT memory_id, version, text_version, part,
           score * power(:earlier, least(day - 1, :steps)) AS score
    FROM scored
    WHERE score > 0
    ORDER BY score DESC, moment DESC, memory_id LIMIT :pool
"""
#: All is looked up, and little of it: whether or not PostgreSQL has counted the tables yet.
_LOOKING_UP: Mapping[LiteralString, LiteralString] = {"enable_seqscan": "off"}


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of the one a question asks about."""

    name: str = "belief"
    label: str = "belief"

    def applies(self, query: Query) -> bool:
        """Only a question that asks for something claims are kept of."""
        return query.understood.sought is not None

    async def search(self, search: Search, query: Query) -> list[Found]:
        """The claims that answer it, what holds before what is over."""
        sought = query.understood.sought
        assert sought is not None  # noqa: S101
        return await search.ranked(
            OVERLAP + _SQL,
            settings=_LOOKING_UP,
            names=list(sought.who),
            predicates=list(sought.predicates),
            alone=[_alone(sought, name) for name in sought.predicates],
            worth=[LESS_LIKELY**place for place in range(len(sought.predicates))],
            negated=1.0 if query.understood.question is Question.YES_NO else NEGATED,
            past=PAST,
            earlier=EARLIER,
            steps=STEPS,
            asked=search.limits.as_of.valid or query.reference,
            most=MOST,
            pool=POOL,
            **bound(query, without=terms(" ".join(sought.who))),
        )


def _alone(sought: Sought, name: str) -> float:
    if not sought.sure:
        return GUESSED
    return ALONE if predicate(name).functional else ONE_OF_MANY


CHANNEL = Belief()
