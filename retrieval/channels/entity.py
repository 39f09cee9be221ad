"""By name: memories of the people, places and things that a question names.

A name leads to the entities that go by it and to the memories that mention these; to the memories
whose words hold the whole name, so that one nobody has resolved yet is found, too; and to what was
said by or is about somebody of that name. A name in n memories is worth 1 / (1 + 0.001 (n - 1)²)
for each of them (the damping of hubs in Mem0's code): 1 for a rare name, 0.09 for one in a hundred.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from retrieval.channel import Query
from retrieval.overlap import OVERLAP, bound
from stores.labels import WHO
from stores.lexical import plain_terms
from stores.names import normalised
from stores.search import Found, Search

POOL = 100
#: Names of a question that are looked up.
NAMES = 8
#: A name in more memories than this brings none, and counts only for those that others bring.
HUB = 500
#: The least a name counts for, so that of two memories the one with both names leads.
LEAST = 0.02
#: What sharing all other words with the question adds.
WORDS = 0.2
#: Of all memories brought, the best so many are looked at.
WORKED = 300

#: entity_aliases_pk and mentions_entity_idx, postings_pk, labels_pk; each list is cut where its
#: name is a hub. Of the parts of a name the rarest brings memories, the others are looked up there.
_SQL: LiteralString = """
    , names AS MATERIALIZED (
        SELECT n.name, n.term, count(*) OVER (PARTITION BY n.name) AS parts
        FROM unnest(CAST(:numbers AS int[]), CAST(:words AS text[])) AS n(name, term)),
    known AS MATERIALIZED (
        SELECT DISTINCT a.name, e.memory_id AS entity_id
        FROM unnest(CAST(:alias_numbers AS int[]), CAST(:aliases AS text[])) AS a(name, alias)
        CROSS JOIN unnest(CAST(:spaces AS uuid[])) AS s(space_id)
        CROSS JOIN LATERAL (
            SELECT memory_id FROM entity_aliases
            WHERE tenant_id = :tenant AND space_id = s.space_id AND alias = a.alias OFFSET 0) e),
    mentioned AS MATERIALIZED (
        SELECT k.name, m.memory_id FROM known k CROSS JOIN LATERAL (
            SELECT memory_id FROM mentions
            WHERE tenant_id = :tenant AND entity_id = k.entity_id LIMIT :hub + 1) m),
    lengths AS MATERIALIZED (
        SELECT n.name, n.term, count(*) AS n
        FROM names n CROSS JOIN unnest(CAST(:spaces AS uuid[])) AS s(space_id)
        CROSS JOIN LATERAL (
            SELECT FROM postings
            WHERE tenant_id = :tenant AND space_id = s.space_id AND term = n.term
            LIMIT :hub + 1) p
        GROUP BY n.name, n.term),
    rarest AS MATERIALIZED (
        SELECT DISTINCT ON (name) name, term FROM lengths WHERE n <= :hub ORDER BY name, n, term),
    spelled AS MATERIALIZED (
        SELECT r.name, p.memory_id, p.text_version, p.part
        FROM rarest r CROSS JOIN unnest(CAST(:spaces AS uuid[])) AS s(space_id)
        CROSS JOIN LATERAL (
            SELECT space_id, memory_id, text_version, part FROM postings
            WHERE tenant_id = :tenant AND space_id = s.space_id AND term = r.term OFFSET 0) p
        WHERE NOT EXISTS (
            SELECT FROM names o WHERE o.name = r.name AND o.term <> r.term AND NOT EXISTS (
                SELECT FROM postings q
                WHERE q.tenant_id = :tenant AND q.space_id = p.space_id AND q.term = o.term
                  AND q.memory_id = p.memory_id AND q.text_version = p.text_version
                  AND q.part = p.part))),
    said AS MATERIALIZED (
        SELECT n.name, l.memory_id, min(l.value) AS who
        FROM names n CROSS JOIN unnest(CAST(:spaces AS uuid[])) AS s(space_id)
        CROSS JOIN LATERAL (
            SELECT memory_id, value FROM labels
            WHERE tenant_id = :tenant AND space_id = s.space_id AND label = :who || n.term
            LIMIT :hub + 1) l
        GROUP BY n.name, l.memory_id, n.parts HAVING count(DISTINCT n.term) = n.parts),
    brought AS MATERIALIZED (
        SELECT name, memory_id, NULL::int AS text_version, 0 AS part, NULL AS who FROM mentioned
        UNION ALL SELECT name, entity_id, NULL, 0, NULL FROM known
        UNION ALL SELECT name, memory_id, text_version, part, NULL FROM spelled
        UNION ALL SELECT name, memory_id, NULL, 0, who FROM said),
    worth AS MATERIALIZED (
        SELECT name, greatest(:least, 1 / (1 + 0.001 * power(
                   count(DISTINCT memory_id)::float8 - 1, 2))) AS worth
        FROM brought GROUP BY name HAVING count(DISTINCT memory_id) <= :hub),
    likely AS MATERIALIZED (
        SELECT memory_id, sum(worth) AS worth FROM (
            SELECT DISTINCT b.name, b.memory_id, w.worth
            FROM brought b JOIN worth w USING (name)) once
        GROUP BY memory_id),
    foremost AS MATERIALIZED (
        SELECT l.memory_id FROM likely l
        LEFT JOIN (SELECT memory_id, max(shared) AS shared FROM overlap GROUP BY memory_id) o
            USING (memory_id)
        ORDER BY l.worth * (1 + :extra * coalesce(o.shared, 0)) DESC, l.memory_id DESC
        LIMIT :worked),
    carried AS (
        SELECT b.name, v.memory_id, v.version, v.text_version, max(b.part) AS part
        FROM foremost JOIN brought b USING (memory_id) JOIN worth USING (name)
        CROSS JOIN LATERAL (
            SELECT memory_id, version, text_version FROM visible
            WHERE memory_id = b.memory_id
              AND (b.text_version IS NULL OR text_version = b.text_version)
              AND (b.who IS NULL OR b.who IN (data->>'speaker', data->>'subject')) OFFSET 0) v
        GROUP BY b.name, v.memory_id, v.version, v.text_version),
    found AS MATERIALIZED (
        SELECT memory_id, version, text_version, max(part) AS part, sum(worth) AS worth
        FROM carried JOIN worth USING (name) GROUP BY memory_id, version, text_version)
    SELECT f.memory_id, f.version, f.text_version, coalesce(o.part, f.part) AS part,
           (f.worth + :least * (
                SELECT count(*) FROM (
                    SELECT DISTINCT name, parts FROM names
                    WHERE name NOT IN (SELECT name FROM worth)) h
                WHERE EXISTS (
                    SELECT FROM known k JOIN mentions m
                        ON m.tenant_id = :tenant AND m.entity_id = k.entity_id
                       AND m.memory_id = f.memory_id
                    WHERE k.name = h.name)
                OR h.parts = (
                    SELECT count(*) FROM names n WHERE n.name = h.name AND EXISTS (
                        SELECT FROM postings p
                        WHERE p.tenant_id = :tenant AND p.space_id = ANY(:spaces)
                          AND p.term = n.term AND p.memory_id = f.memory_id
                          AND p.text_version = f.text_version)))
           ) * (1 + :extra * coalesce(o.shared, 0)) AS score
    FROM found f LEFT JOIN overlap o USING (memory_id, text_version)
    ORDER BY score DESC, f.memory_id
    LIMIT :pool
"""


@dataclass(frozen=True, slots=True)
class Entity:
    """The memories of what the question names, rare names first."""

    name: str = "entity"
    label: str = "name"

    def applies(self, query: Query) -> bool:
        """Only a question that names somebody or something that not everything is about."""
        return any(_rarest(name, query) <= HUB for name in query.understood.names)

    async def search(self, search: Search, query: Query) -> list[Found]:
        """The memories that mention the names, are by or about them."""
        names = dict.fromkeys(map(normalised, query.understood.names))
        numbered = list(enumerate(list(filter(None, names))[:NAMES]))
        words = [(n, term) for n, name in numbered for term in dict.fromkeys(plain_terms(name))]
        return await search.ranked(
            OVERLAP + _SQL,
            numbers=[number for number, _ in words],
            words=[word for _, word in words],
            alias_numbers=[number for number, _ in numbered],
            aliases=[name for _, name in numbered],
            who=WHO,
            hub=HUB,
            least=LEAST,
            extra=WORDS,
            worked=WORKED,
            pool=POOL,
            **bound(query),
        )


def _rarest(name: str, query: Query) -> int:
    """In how many memories the rarest word of a name stands, as far as that has been counted."""
    known = {
        term: sum(found.counts[place] for found in query.counts)
        for place, term in enumerate(query.terms)
    }
    return min(
        (known[term] for term in plain_terms(name) if query.counts and term in known), default=0
    )


CHANNEL = Entity()
