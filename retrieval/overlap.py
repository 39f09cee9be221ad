"""The question's words in the memories: what channels order candidates by that tie otherwise.

A share of the question's words, the rare ones counting more (inverse document frequency, Spärck
Jones 1972). Words in very many memories are left out, so that the work has a bound; BM25 has its
own channel.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, LiteralString

from retrieval.channel import Query

#: Postings of a word that are counted; a word in more parts than that tells little.
COMMON: Final = 2_000
#: Postings that are read, those of the rarest words first; the rarest is always read.
READ: Final = 3_000

#: To be put behind `visible`: `overlap` has the best part of each text, and in `shared` the share
#: of the question it holds, 0..1. Reads postings_pk alone.
OVERLAP: Final[LiteralString] = """
    , counted_words AS MATERIALIZED (
        SELECT t.term, count(*) AS n
        FROM unnest(CAST(:terms AS text[])) AS t(term)
        CROSS JOIN unnest(CAST(:spaces AS uuid[])) AS s(space_id)
        CROSS JOIN LATERAL (
            SELECT FROM postings
            WHERE tenant_id = :tenant AND space_id = s.space_id AND term = t.term
            LIMIT :common) p
        GROUP BY t.term),
    weights AS MATERIALIZED (
        SELECT term, ln(1 + CAST(:size AS float8) / n) AS weight
        FROM (SELECT term, n, sum(n) OVER (ORDER BY n, term) AS total,
                     row_number() OVER (ORDER BY n, term) AS place FROM counted_words) w
        WHERE place = 1 OR total <= :read),
    worded AS (
        SELECT p.memory_id, p.text_version, p.part, w.weight
        FROM weights w
        CROSS JOIN unnest(CAST(:spaces AS uuid[])) AS s(space_id)
        CROSS JOIN LATERAL (
            SELECT memory_id, text_version, part FROM postings
            WHERE tenant_id = :tenant AND space_id = s.space_id AND term = w.term
            LIMIT :common) p),
    overlap AS MATERIALIZED (
        SELECT DISTINCT ON (memory_id, text_version) memory_id, text_version, part, shared
        FROM (SELECT memory_id, text_version, part,
                     sum(weight) / (SELECT sum(weight) FROM weights) AS shared
              FROM worded GROUP BY memory_id, text_version, part) parts
        ORDER BY memory_id, text_version, shared DESC, part)
"""


def bound(query: Query, *, without: Collection[str] = ()) -> Mapping[str, Any]:
    """The values `OVERLAP` binds; `without` are terms that count for nothing."""
    words = [term for term in query.terms if term not in without]
    return {"terms": words, "common": COMMON, "read": READ, "size": max(query.size, 1)}
