"""By words: BM25 over the postings, with document frequencies of the space at hand.

Robertson & Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), §3.1, with
k1 = 1.2 and b = 0.4: turns of a conversation are short and their length says little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from retrieval.channel import Query
from stores.search import Found, Search

POOL = 200

#: postings_pk alone answers `hits` (index-only); reading it twice is quicker than keeping it.
#: Common words have long lists, so visibility is looked up last, for the best, in order.
_SQL = """
    , hits AS NOT MATERIALIZED (
        SELECT space_id, term, memory_id, text_version, part,
               frequency::float8 AS frequency, length::float8 AS length
        FROM postings
        WHERE tenant_id = :tenant AND space_id = ANY(:spaces) AND term = ANY(:terms)),
    counts AS (
        SELECT space_id, term, count(*)::float8 AS n FROM hits GROUP BY space_id, term),
    weights AS MATERIALIZED (
        SELECT c.space_id, c.term,
               2.2::float8 * ln(1 + (s.parts - c.n + 0.5::float8) / (c.n + 0.5::float8)) AS weight,
               0.48::float8 * s.parts / s.terms AS slope
        FROM counts c
        JOIN lexical_stats s ON s.tenant_id = :tenant AND s.space_id = c.space_id
        WHERE s.parts > 0 AND s.terms > 0),
    scored AS (
        SELECT memory_id, text_version, part,
               sum(weight * frequency / (frequency + 0.72::float8 + slope * length)) AS score
        FROM hits JOIN weights USING (space_id, term)
        GROUP BY memory_id, text_version, part)
    SELECT s.memory_id, m.version, s.text_version, s.part, s.score
    FROM (SELECT * FROM scored ORDER BY score DESC, memory_id OFFSET 0) s
    CROSS JOIN LATERAL (
        SELECT version FROM visible
        WHERE memory_id = s.memory_id AND text_version = s.text_version OFFSET 0) m
    LIMIT :pool
"""
#: The planner thinks few postings match and would sort them; hashing is twice as fast.
_HASHED: Mapping[LiteralString, LiteralString] = {"enable_sort": "off", "enable_mergejoin": "off"}


@dataclass(frozen=True, slots=True)
class Lexical:
    """True BM25."""

    name: str = "lexical"

    async def search(self, search: Search, query: Query) -> list[Found]:
        """The memories that share words with the query."""
        if not query.terms:
            return []
        return await search.ranked(_SQL, settings=_HASHED, terms=list(query.terms), pool=POOL)


CHANNEL = Lexical()
