"""Semantic memories: stored with their evidence; said again, they are confirmed, not doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import text

from stores import memories, usage, writing
from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId
from stores.records import NewMemory, Space
from stores.writing import Embedded, merge_key

_SAME = text("""
    SELECT merge_key, memory_id FROM memories
    WHERE tenant_id = :tenant AND space_id = :space AND merge_key = ANY(:merge_keys)
      AND expired_at IS NULL AND state = 'active'
    ORDER BY memory_id DESC
""")


async def find_same(
    session: ReadSession, space: SpaceId, merge_keys: Sequence[bytes]
) -> dict[bytes, MemoryId]:
    """Active memories that say the same, by merge key."""
    if not merge_keys:
        return {}
    rows = await session.rows(_SAME, space=space, merge_keys=list(merge_keys))
    return {bytes(row.merge_key): row.memory_id for row in rows}


async def add(
    session: WriteSession, space: Space, new: Sequence[NewMemory], embedded: Embedded | None = None
) -> dict[MemoryId, MemoryId]:
    """Store memories; what is known already gains the evidence and a confirmation.

    Returns the memory that holds each of them now: itself, or the one that said the same before.
    """
    keys = [merge_key(n.kind, n.content) for n in new]
    known = await find_same(session, space.id, keys)
    if known:
        # An erasure under way must end first: what it takes away is not known any more.
        await memories.lock(session, sorted(known.values()))
        known = await find_same(session, space.id, keys)
    holders: dict[MemoryId, MemoryId] = {}
    for key, memory in zip(keys, new, strict=True):
        holders[memory.id] = known.setdefault(key, memory.id)
    again = [(holders[n.id], n) for n in new if holders[n.id] != n.id]
    await writing.store(session, space, [n for n in new if holders[n.id] == n.id], embedded)
    links = [(same, link, memory.created_at) for same, memory in again for link in memory.evidence]
    await writing.add_evidence(session, links)
    old = Counter(same for same, _ in again if same not in holders)
    await usage.add_confirmations(session, old)
    return holders
