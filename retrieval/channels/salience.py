"""By salience: what is recent and what is important, for questions that name nothing to look for.

Two pools, so that a recent and an important memory can appear without sharing a word with the
question; then all by recency + importance + similarity (FinMem, arXiv:2311.13743). Recency halves
with the half-life of the kind; similarity is the share of the question's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from retrieval.channel import Query
from retrieval.overlap import OVERLAP, bound
from retrieval.understanding.records import Question
from stores import kinds
from stores.search import Found, Search

#: The size of each pool.
RECENT = IMPORTANT = 100

#: By memories_time_idx from the moment of asking, memories_importance_idx from its end, backwards.
_SQL: LiteralString = """
    , salient AS (
        SELECT c.* FROM unnest(CAST(:spaces AS uuid[])) AS s(space_id) CROSS JOIN LATERAL (
            (SELECT memory_id, version, text_version, kind, moment, importance FROM visible
             WHERE space_id = s.space_id AND moment <= :reference
             ORDER BY moment DESC, memory_id DESC LIMIT :recent)
            UNION
            (SELECT memory_id, version, text_version, kind, moment, importance FROM visible
             WHERE space_id = s.space_id AND importance > 0.5
             ORDER BY importance DESC LIMIT :important)) c)
    SELECT s.memory_id, s.version, s.text_version, coalesce(o.part, 0) AS part,
           s.importance + coalesce(o.shared, 0) + power(0.5, least(99, greatest(0,
               extract(epoch FROM :reference - s.moment)) / 86400 / k.half_life)) AS score
    FROM salient s
    JOIN unnest(CAST(:kind_names AS text[]), CAST(:half_lives AS float8[])) AS k(name, half_life)
        ON k.name = s.kind
    LEFT JOIN overlap o USING (memory_id, text_version)
    ORDER BY score DESC, s.memory_id
    LIMIT :recent
"""


@dataclass(frozen=True, slots=True)
class Salience:
    """Importance, and recency by the half-life of the kind."""

    name: str = "salience"
    label: str = "recency and importance"

    def applies(self, query: Query) -> bool:
        """Only where the question leaves open what it is about; elsewhere it would be noise."""
        return query.understood.question in (Question.RECENCY, Question.VAGUE)

    async def search(self, search: Search, query: Query) -> list[Found]:
        """The most recent and the most important memories."""
        known = kinds.load().values()
        return await search.ranked(
            OVERLAP + _SQL,
            reference=query.reference,
            recent=RECENT,
            important=IMPORTANT,
            kind_names=[kind.name for kind in known],
            half_lives=[kind.half_life_days for kind in known],
            **bound(query),
        )


CHANNEL = Salience()
