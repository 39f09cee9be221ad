"""Semantic memories: stored with their evidence; said again, they are confirmed, not doubled."""

from __future__ import annotations

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
) -> tuple[list[MemoryId], list[MemoryId]]:
    """Store memories; what is known already gains the evidence and a confirmation.

    Returns the ids stored and the ids confirmed.
    """
    keys = [merge_key(n.kind, n.content) for n in new]
    known = await find_same(session, space.id, keys)
    if known:
        # An erasure under way must end first: what it takes away is not known any more.
        await memories.lock(session, sorted(known.values()))
        known = await find_same(session, space.id, keys)
    fresh: list[NewMemory] = []
    confirmed: list[MemoryId] = []
    for memory in new:
        key = merge_key(memory.kind, memory.content)
        if (same := known.get(key)) is None:
            known[key] = memory.id
            fresh.append(memory)
        else:
            confirmed.append(same)
            await _confirm_with(session, same, memory, fresh)
    await writing.store(session, space, fresh, embedded)
    return [memory.id for memory in fresh], confirmed


async def _confirm_with(
    session: WriteSession, same: MemoryId, memory: NewMemory, fresh: Sequence[NewMemory]
) -> None:
    await writing.add_evidence(session, same, memory.evidence, memory.created_at)
    if all(same != new.id for new in fresh):
        await usage.add_confirmations(session, {same: 1})
