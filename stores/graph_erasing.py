"""What erasing does to the graph: an entity goes with its last source, and so does each name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from stores import backlog
from stores.backlog import Stage
from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId
from stores.names import normalised

_TOUCHED = text("""
    SELECT entity_id FROM mentions WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)
    UNION SELECT subject_id FROM relations
    WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)
    UNION SELECT object_id FROM relations
    WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids) AND object_id IS NOT NULL
""")
#: By mentions_entity_idx, relations_subject_idx, relations_object_idx and entities_merged_idx.
_ORPHANS = text("""
    SELECT e.memory_id FROM entities e
    JOIN memories h ON h.tenant_id = :tenant AND h.memory_id = e.memory_id
        AND h.expired_at IS NULL AND h.origin = 'derived' AND NOT h.legal_hold
    WHERE e.tenant_id = :tenant AND e.memory_id = ANY(:entity_ids)
      AND NOT EXISTS (SELECT FROM mentions m
                      WHERE m.tenant_id = :tenant AND m.entity_id = e.memory_id)
      AND NOT EXISTS (SELECT FROM relations r WHERE r.tenant_id = :tenant
                      AND r.space_id = e.space_id AND r.subject_id = e.memory_id)
      AND NOT EXISTS (SELECT FROM relations r WHERE r.tenant_id = :tenant
                      AND r.space_id = e.space_id AND r.object_id = e.memory_id)
      AND NOT EXISTS (SELECT FROM entities o
                      WHERE o.tenant_id = :tenant AND o.merged_into = e.memory_id)
""")
_MERGED = text("""
    SELECT memory_id FROM entities
    WHERE tenant_id = :tenant AND merged_into = ANY(:entity_ids) ORDER BY 1
""")
_NAMES = text("""
    SELECT e.memory_id, e.name,
           ARRAY(SELECT a.alias FROM entity_aliases a
                 WHERE a.tenant_id = :tenant AND a.memory_id = e.memory_id) AS aliases,
           ARRAY(SELECT m.alias FROM mentions m
                 WHERE m.tenant_id = :tenant AND m.entity_id = e.memory_id
                 GROUP BY m.alias ORDER BY count(*) DESC, m.alias) AS said
    FROM entities e WHERE e.tenant_id = :tenant AND e.memory_id = ANY(:entity_ids)
""")
_DROP_ALIAS = text("""
    DELETE FROM entity_aliases
    WHERE tenant_id = :tenant AND space_id = :space AND alias = :alias AND memory_id = :memory_id
""")
#: They are made of all names together; what is no name any more must not be found by.
_DROP_BANDS = text("""
    DELETE FROM entity_bands WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)
""")
_DROP_VECTORS = text("""
    DELETE FROM graph_vectors WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)
""")
_RENAME = (
    text("UPDATE entities SET name = :name WHERE tenant_id = :tenant AND memory_id = :memory_id"),
    #: In place and in every version: the next one would leave the name in the one before.
    text("""
        UPDATE memories SET content = :name WHERE tenant_id = :tenant AND memory_id = :memory_id
    """),
)
_TEXT_VERSIONS = text("""
    SELECT memory_id, text_version FROM memories
    WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids) AND expired_at IS NULL
""")
#: Claims of what goes and of what loses a source: what they made of other claims must be looked at
#: again.
_SLOTS = text("""
    SELECT DISTINCT coalesce(s.merged_into, r.subject_id) AS subject_id, r.predicate
    FROM relations r
    LEFT JOIN entities s ON s.tenant_id = :tenant AND s.memory_id = r.subject_id
    WHERE r.tenant_id = :tenant AND (r.memory_id = ANY(:memory_ids) OR r.memory_id IN (
        SELECT e.memory_id FROM evidence e
        WHERE e.tenant_id = :tenant AND e.episode_id = ANY(:memory_ids)))
    ORDER BY 1, 2
""")
#: Claims about an entity, as its subject or object.
_ABOUT = text("""
    SELECT r.memory_id FROM relations r
    JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = r.memory_id
        AND m.expired_at IS NULL AND m.kind = 'relation'
    WHERE r.tenant_id = :tenant AND r.space_id = :space
      AND (r.subject_id = ANY(:entity_ids) OR r.object_id = ANY(:entity_ids))
    ORDER BY 1
""")

#: What is stated stays; that it is a claim about something goes with that thing.
_DROP_CLAIMS = text("""
    DELETE FROM relations WHERE tenant_id = :tenant AND space_id = :space
    AND (subject_id = ANY(:entity_ids) OR object_id = ANY(:entity_ids))
""")


#: What episodes claim in which words, and whatever memory may tell it or have told it: those that
#: rest on it or rested on it first, and all that answer the same.
_TOLD = text("""
    WITH said AS MATERIALIZED (
        SELECT memory_id, first_id, text FROM assertions
        WHERE tenant_id = :tenant AND episode_id = ANY(:memory_ids)),
    holding AS MATERIALIZED (
        SELECT memory_id FROM said UNION SELECT first_id FROM said
        UNION SELECT memory_id FROM evidence
        WHERE tenant_id = :tenant AND episode_id = ANY(:memory_ids))
    SELECT ARRAY(SELECT DISTINCT text FROM said) AS texts, ARRAY(
        SELECT memory_id FROM holding
        UNION SELECT other.memory_id FROM holding h
        JOIN relations r ON r.tenant_id = :tenant AND r.memory_id = h.memory_id
        JOIN relations other ON other.tenant_id = :tenant AND other.space_id = r.space_id
            AND other.subject_id = r.subject_id AND other.predicate = r.predicate) AS memory_ids
""")
#: Those of the texts that nothing left says.
_UNSAID = text("""
    SELECT t.told FROM unnest(CAST(:texts AS text[])) AS t(told)
    WHERE t.told NOT IN (
        SELECT text FROM assertions WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids))
""")
#: Memories that say so, in their last version or in one before.
_SAYING = text("""
    SELECT m.memory_id, last.content = ANY(:texts) AS still FROM memories m
    CROSS JOIN LATERAL (
        SELECT content FROM memories l WHERE l.tenant_id = :tenant AND l.memory_id = m.memory_id
        ORDER BY l.version DESC LIMIT 1) last
    WHERE m.tenant_id = :tenant AND m.memory_id = ANY(:memory_ids) AND m.content = ANY(:texts)
    GROUP BY 1, 2 ORDER BY 1
""")
_POSTED = text("""
    SELECT count(*) AS parts, coalesce(sum(length), 0) AS terms FROM (
        SELECT DISTINCT p.memory_id, p.text_version, p.part, p.length FROM postings p
        WHERE p.tenant_id = :tenant AND (p.memory_id, p.text_version) IN (
            SELECT m.memory_id, m.text_version FROM memories m
            WHERE m.tenant_id = :tenant AND m.memory_id = ANY(:memory_ids)
              AND m.content = ANY(:texts))) parts
""")
_UNCOUNT = text("""
    UPDATE lexical_stats SET parts = parts - :parts, terms = terms - :terms
    WHERE tenant_id = :tenant AND space_id = :space
""")
_DROP_WORDS = tuple(
    text(f"""
        DELETE FROM {table} WHERE tenant_id = :tenant AND (memory_id, text_version) IN (
            SELECT m.memory_id, m.text_version FROM memories m
            WHERE m.tenant_id = :tenant AND m.memory_id = ANY(:memory_ids)
              AND m.content = ANY(:texts))
    """)
    for table in ("postings", "vectors", "graph_vectors", "signatures", "passages")
)
#: In place: the versions before say what the last one says.
_REWORD = text("""
    UPDATE memories m SET content = last.content, data = last.data, merge_key = last.merge_key,
                          text_version = last.text_version
    FROM (SELECT DISTINCT ON (memory_id) * FROM memories
          WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)
          ORDER BY memory_id, version DESC) last
    WHERE m.tenant_id = :tenant AND m.memory_id = last.memory_id AND m.content = ANY(:texts)
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """In which words episodes claim something, and which memories may tell it or have told it."""

    texts: Sequence[str]
    memory_ids: Sequence[MemoryId]


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """Whose claims under which predicate."""

    subject_id: MemoryId
    predicate: str


async def slots(session: ReadSession, memory_ids: Sequence[MemoryId]) -> list[Claimed]:
    """What is claimed by memories, and by those that rest on them."""
    rows = await session.rows(_SLOTS, memory_ids=list(memory_ids))
    return [Claimed(subject_id=row.subject_id, predicate=row.predicate) for row in rows]


async def told(session: ReadSession, episodes: Sequence[MemoryId]) -> Told:
    """What will have to be unsaid when these episodes are gone."""
    row = await session.row(_TOLD, memory_ids=list(episodes))
    assert row is not None  # noqa: S101
    return Told(texts=row.texts, memory_ids=row.memory_ids)


async def unsay(session: WriteSession, space: SpaceId, told: Told) -> list[MemoryId]:
    """Take words that nothing left says out of earlier versions; returns memories to be erased.

    Those say nothing else in their last version, and rest on nothing.
    """
    ids = list(told.memory_ids)
    unsaid = await session.rows(_UNSAID, texts=list(told.texts), memory_ids=ids)
    texts = [row.told for row in unsaid]
    rows = await session.rows(_SAYING, memory_ids=ids, texts=texts)
    reworded = [row.memory_id for row in rows if not row.still]
    if reworded:
        posted = await session.row(_POSTED, memory_ids=reworded, texts=texts)
        assert posted is not None  # noqa: S101
        await session.execute(_UNCOUNT, space=space, parts=posted.parts, terms=posted.terms)
        for statement in (*_DROP_WORDS, _REWORD):
            await session.execute(statement, memory_ids=reworded, texts=texts)
    return [row.memory_id for row in rows if row.still]


async def relations_of(
    session: ReadSession, space: SpaceId, entities: Sequence[MemoryId]
) -> list[MemoryId]:
    """The relations that have one of the entities at either end."""
    rows = await session.rows(_ABOUT, space=space, entity_ids=list(entities))
    return [row.memory_id for row in rows]


async def touched(session: ReadSession, memory_ids: Sequence[MemoryId]) -> list[MemoryId]:
    """The entities that memories have to do with."""
    rows = await session.rows(_TOUCHED, memory_ids=list(memory_ids))
    return [row.entity_id for row in rows]


async def merged_into(session: ReadSession, entities: Sequence[MemoryId]) -> list[MemoryId]:
    """The entities that are merged into one of these."""
    rows = await session.rows(_MERGED, entity_ids=list(entities))
    return [row.memory_id for row in rows]


async def orphans(session: ReadSession, entities: Sequence[MemoryId]) -> list[MemoryId]:
    """Those of the derived entities that nothing mentions and nothing is claimed of any more."""
    if not entities:
        return []
    rows = await session.rows(_ORPHANS, entity_ids=list(entities))
    return [row.memory_id for row in rows]


async def drop_claims(session: WriteSession, space: SpaceId, entities: Sequence[MemoryId]) -> None:
    """Take from memories that stay what they claim of entities that go."""
    await session.execute(_DROP_CLAIMS, space=space, entity_ids=list(entities))


async def unname(session: WriteSession, space: SpaceId, entities: Sequence[MemoryId]) -> None:
    """Take from entities the names that nothing left calls them by."""
    if not entities:
        return
    rows = await session.rows(_NAMES, entity_ids=list(entities))
    changed, renamed = [], []
    for row in rows:
        said = {normalised(name): name for name in reversed(row.said)}
        lost = [alias for alias in row.aliases if alias not in said]
        if not lost or not said:
            continue
        changed.append(row.memory_id)
        await session.execute_many(
            _DROP_ALIAS,
            [{"space": space, "alias": alias, "memory_id": row.memory_id} for alias in lost],
        )
        if normalised(row.name) not in said:
            renamed.append(row.memory_id)
            for statement in _RENAME:
                await session.execute(statement, memory_id=row.memory_id, name=row.said[0])
    if changed:
        await session.execute(_DROP_BANDS, memory_ids=changed)
    if renamed:
        await session.execute(_DROP_VECTORS, memory_ids=renamed)
        owed = await session.rows(_TEXT_VERSIONS, memory_ids=renamed)
        items = [(row.memory_id, row.text_version) for row in owed]
        await backlog.owe(session, space, Stage.EMBED, items)
