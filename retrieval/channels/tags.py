"""By label: memories that carry a word of the question as a tag or as a value of their metadata.

A label is worth ln(1 + N/n), as rare words are (Spärck Jones 1972). The table `labels` says where
to look; that a version still has the tag or value is read off the version itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from retrieval.channel import Query
from stores.labels import labels_in
from stores.search import Found, Search

POOL = 100
#: A label on more memories than this tells them from nothing.
COMMON = 2_000
#: Memories that are looked at, the most telling labels and the newest memories first.
WORKED = 300

#: labels_pk alone; then the versions that are seen, and only if they have the value still.
_SQL: LiteralString = """
    , labelled AS MATERIALIZED (
        SELECT t.label, l.memory_id, l.value
        FROM unnest(CAST(:labels AS text[])) AS t(label)
        CROSS JOIN unnest(CAST(:spaces AS uuid[])) AS s(space_id)
        CROSS JOIN LATERAL (
            SELECT memory_id, value FROM labels
            WHERE tenant_id = :tenant AND space_id = s.space_id AND label = t.label
            LIMIT :common + 1) l),
    weights AS MATERIALIZED (
        SELECT label, ln(1 + CAST(:size AS float8) / count(*)) AS weight
        FROM labelled GROUP BY label HAVING count(*) <= :common),
    likely AS (
        SELECT memory_id FROM labelled JOIN weights USING (label)
        GROUP BY memory_id ORDER BY sum(weight) DESC, memory_id DESC LIMIT :worked),
    carried AS (
        SELECT DISTINCT l.label, v.memory_id, v.version, v.text_version, v.moment
        FROM likely JOIN labelled l USING (memory_id)
        CROSS JOIN LATERAL (
            SELECT memory_id, version, text_version, moment FROM visible
            WHERE memory_id = l.memory_id AND (l.value = ANY(tags) OR EXISTS (
                SELECT FROM jsonb_each(CASE jsonb_typeof(data->'metadata')
                                       WHEN 'object' THEN data->'metadata' END) AS held
                WHERE held.value = to_jsonb(l.value)))
            OFFSET 0) v)
    SELECT memory_id, version, text_version, 0 AS part, sum(weight) AS score
    FROM carried JOIN weights USING (label)
    GROUP BY memory_id, version, text_version, moment
    ORDER BY score DESC, moment DESC, memory_id
    LIMIT :pool
"""


@dataclass(frozen=True, slots=True)
class Tags:
    """Tags and values of metadata, by rarity."""

    name: str = "tags"
    label: str = "tags"

    def applies(self, query: Query) -> bool:
        """A question of stop words alone names no tag, and where there are no labels nothing is."""
        labelled = not query.counts or any(found.labelled for found in query.counts)
        return labelled and bool(query.terms)

    async def search(self, search: Search, query: Query) -> list[Found]:
        """The memories that carry what the question says."""
        return await search.ranked(
            _SQL,
            labels=labels_in(query.text),
            common=COMMON,
            worked=WORKED,
            size=max(query.size, 1),
            pool=POOL,
        )


CHANNEL = Tags()
