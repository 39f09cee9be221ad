"""One memory by its id: which conditions keep it out, and how near it is to a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from numpy import float32
from numpy.typing import NDArray
from sqlalchemy import text

from stores.database import ReadSession
from stores.ids import MemoryId, SpaceId
from stores.scope import Filter, Scope, visible
from stores.tiers import EVERYWHERE
from stores.vectors import half

#: Every version and which of the conditions it meets, by memories_pk.
_CHECKED = """
    SELECT m.version, m.text_version, ARRAY[{conditions}] AS met
    FROM memories m WHERE m.tenant_id = :tenant AND m.memory_id = :memory_id
    ORDER BY m.version
"""
#: By vectors_pk, cold_vectors_pk and backlog_memory_idx. The distance to nothing is null.
_EMBEDDED = text(f"""
    SELECT max(1 - (embedding <=> CAST(:embedding AS halfvec))) AS cosine,
           count(embedding) > 0 AS embedded, o.owed, o.error
    FROM (SELECT count(*) > 0 AS owed, max(error) AS error FROM backlog
          WHERE tenant_id = :tenant AND memory_id = :memory_id AND stage = 'embed'
            AND text_version = :text_version) o
    LEFT JOIN {EVERYWHERE} v ON tenant_id = :tenant AND model_id = :model AND memory_id = :memory_id
        AND text_version = :text_version
    GROUP BY o.owed, o.error
""")
#: By postings_pk.
_WORDS = text("""
    SELECT part, term, frequency, length FROM postings
    WHERE tenant_id = :tenant AND space_id = :space AND term = ANY(:terms)
      AND memory_id = :memory_id AND text_version = :text_version
    ORDER BY part, term
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """The version of a memory that a search would look at, and the conditions it fails."""

    version: int
    text_version: int
    failed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Embedding:
    """Whether a memory has an embedding of the model, and how near that is to the question."""

    #: Of its best part; None without an embedding of either.
    cosine: float | None
    embedded: bool
    #: Whether the work is still owed, and the class of the error for which it was set aside.
    owed: bool
    error: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Occurrence:
    """A term of the question in a part of the memory."""

    part: int
    term: str
    frequency: int
    #: Terms of the part in all.
    length: int


async def check(
    session: ReadSession, memory_id: MemoryId, scope: Scope, limits: Filter
) -> Checked | None:
    """What keeps a memory out of a search; None if there is no such memory.

    Of several versions it is the one known at the time asked for, or the first, if none was.
    """
    conditions = visible(scope, limits)
    names = list(conditions.named)
    tests = ", ".join(f"coalesce(({sql}), false)" for sql in conditions.named.values())
    rows = await session.rows(
        text(_CHECKED.format(conditions=tests)), memory_id=memory_id, **conditions.values
    )
    if not rows:
        return None
    known = names.index("known")
    row = next((row for row in reversed(rows) if row.met[known]), rows[0])
    failed = tuple(name for name, met in zip(names, row.met, strict=True) if not met)
    return Checked(version=row.version, text_version=row.text_version, failed=failed)


async def embedding_of(
    session: ReadSession,
    memory_id: MemoryId,
    text_version: int,
    *,
    question: NDArray[float32] | None,
    model: UUID,
) -> Embedding:
    """How a memory stands with the embedding model, and to the question."""
    row = await session.row(
        _EMBEDDED,
        memory_id=memory_id,
        text_version=text_version,
        model=model,
        embedding=None if question is None else half(question),
    )
    assert row is not None  # noqa: S101
    return Embedding(cosine=row.cosine, embedded=row.embedded, owed=row.owed, error=row.error)


async def occurrences(
    session: ReadSession,
    space: SpaceId,
    memory_id: MemoryId,
    text_version: int,
    terms: Sequence[str],
) -> tuple[Occurrence, ...]:
    """Where the terms stand in a memory."""
    rows = await session.rows(
        _WORDS, space=space, memory_id=memory_id, text_version=text_version, terms=list(terms)
    )
    return tuple(
        Occurrence(part=r.part, term=r.term, frequency=r.frequency, length=r.length) for r in rows
    )
