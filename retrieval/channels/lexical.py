"""By words: BM25 over the postings, with document frequencies of the space at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from retrieval.bm25 import K1, B, idf
from retrieval.channel import Query
from stores.search import PLANNED_ONCE, Found, Search

POOL = 100

#: Parts that are put in order at first: to order all that share a word takes longer than to find
#: them. When too few of these are visible, all are.
FIRST = 4 * POOL

#: postings_pk alone answers `hits` (index-only). Common words have long lists, so visibility is
#: looked up last, for the best, in order.
_SQL = """
    , weights AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:weight_spaces AS uuid[]), CAST(:weight_terms AS text[]),
                             CAST(:weights AS float8[]), CAST(:slopes AS float8[]))
            AS w(space_id, term, weight, slope)),
    hits AS NOT MATERIALIZED (
        SELECT space_id, term, memory_id, text_version, part,
               frequency::float8 AS frequency, length::float8 AS length
        FROM postings
        WHERE tenant_id = :tenant AND space_id = ANY(:spaces) AND term = ANY(:weight_terms)),
    scored AS (
        SELECT memory_id, text_version, part,
               sum(weight * frequency / (frequency + CAST(:constant AS float8) + slope * length))
                   AS score
        FROM hits JOIN weights USING (space_id, term)
        GROUP BY memory_id, text_version, part)
    SELECT s.memory_id, m.version, s.text_version, s.part, s.score
    FROM (SELECT * FROM scored ORDER BY score DESC, memory_id LIMIT :first) s
    CROSS JOIN LATERAL (
        SELECT version FROM visible
        WHERE memory_id = s.memory_id AND text_version = s.text_version OFFSET 0) m
    LIMIT :pool
"""
#: The planner thinks few postings match and would sort them; hashing is twice as fast.
_HASHED: Mapping[LiteralString, LiteralString] = {
    **PLANNED_ONCE,
    "enable_sort": "off",
    "enable_mergejoin": "off",
}


@dataclass(frozen=True, slots=True)
class Lexical:
    """True BM25."""

    name: str = "lexical"
    label: str = "words"

    def applies(self, query: Query) -> bool:
        """A question of stop words alone holds no word to look up."""
        return bool(query.terms)

    async def search(self, search: Search, query: Query) -> list[Found]:
        """The memories that share words with the query."""
        counted = query.counts or await search.count_terms(query.terms)
        weights = [
            (space_id, term, (K1 + 1) * weight, K1 * B / found.mean_length)
            for space_id, found in zip(search.scope.space_ids, counted, strict=True)
            for term, n, weight in zip(
                query.terms, found.counts, idf(found.parts, found.counts).tolist(), strict=True
            )
            if n
        ]
        if not weights:
            return []
        spaces, words, values, slopes = map(list, zip(*weights, strict=True))
        bound = {
            "weight_spaces": spaces,
            "weight_terms": words,
            "weights": values,
            "slopes": slopes,
            "constant": K1 * (1 - B),
            "pool": POOL,
        }
        found = await search.ranked(_SQL, settings=_HASHED, first=FIRST, **bound)
        if len(found) == POOL or sum(sum(c.counts) for c in counted) <= FIRST:
            return found
        return await search.ranked(_SQL, settings=_HASHED, first=None, **bound)


CHANNEL = Lexical()
