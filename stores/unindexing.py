"""Taking memories out of every index, so that nothing finds them; their versions stay."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from stores import backlog
from stores.database import WriteSession
from stores.ids import MemoryId, SpaceId
from stores.schema import (
    cold_vectors,
    graph_vectors,
    labels,
    postings,
    signatures,
    vectors,
)

_POSTED = text("""
    SELECT count(*) AS parts, coalesce(sum(length), 0) AS terms FROM (
        SELECT DISTINCT memory_id, text_version, part, length FROM postings
        WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)) parts
""")
_UNCOUNT = text("""
    UPDATE lexical_stats SET parts = parts - :parts, terms = terms - :terms, cold = cold - :cold
    WHERE tenant_id = :tenant AND space_id = :space
""")
_DELETE = tuple(
    text(f"DELETE FROM {table.name} WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)")
    for table in (labels, vectors, graph_vectors, signatures, postings)
)
_DELETE_COLD = text(
    f"DELETE FROM {cold_vectors.name} WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)"
)


async def unindex(session: WriteSession, space: SpaceId, memory_ids: Sequence[MemoryId]) -> None:
    """Remove the words, vectors and labels of memories, and the work owed to them."""
    posted = await session.row(_POSTED, memory_ids=list(memory_ids))
    assert posted is not None  # noqa: S101
    # What is owed goes first: whoever works on it has finished, or will find nothing to do.
    await backlog.strike_off(session, memory_ids)
    for statement in _DELETE:
        await session.execute(statement, memory_ids=list(memory_ids))
    cold = await session.execute(_DELETE_COLD, memory_ids=list(memory_ids))
    await session.execute(_UNCOUNT, space=space, parts=posted.parts, terms=posted.terms, cold=cold)
