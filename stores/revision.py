"""Changing a memory: the current version is closed and a new one appended, nothing overwritten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from stores import graph, labels, memories, parametric, usage, writing
from stores.database import WriteSession
from stores.ids import MemoryId
from stores.records import MemCube, MemoryType, Space, State

Change = Callable[[MemCube], MemCube]


async def revise(
    session: WriteSession,
    space: Space,
    memory_id: MemoryId,
    change: Change,
    *,
    now: datetime,
    expecting: int | None = None,
) -> MemCube:
    """Apply a change as a new version and return it.

    `change` gets the current version and returns what the next one shall say; version, times of
    the system and index entries are taken care of here. Raises what `memories.get` raises.
    """
    await memories.lock(session, [memory_id])
    current = await memories.get(session, space.id, memory_id, expecting=expecting)
    wanted = change(current)
    if wanted == current:
        return current
    # A change that waited for another was begun before it, but comes after.
    now = max(now, current.time.created_at + timedelta(microseconds=1))
    same_text = _text(wanted) == _text(current)
    version = current.version + 1
    cube = replace(
        wanted,
        version=version,
        text_version=current.text_version if same_text else version,
        time=replace(wanted.time, created_at=now, expired_at=None),
    )
    await memories.close(session, [memory_id], now)
    await memories.insert(session, [writing.row_of(cube)])
    await usage.look_again(session, memory_id)
    if cube.type is not MemoryType.GRAPH:
        await labels.add(session, space.id, [cube])
    await graph.follow(session, space.id, [cube])
    if not same_text:
        await writing.index_texts(session, space, [cube], None)
    if not same_text or _stands(cube) != _stands(current):
        await parametric.outdate(session, space, memory_id, now)
    return (await memories.find_many(session, [memory_id]))[0]


def _stands(cube: MemCube) -> bool:
    """Whether it holds, as far as is known, for good."""
    return cube.lifecycle.state is State.ACTIVE and cube.time.invalid_at is None


def _text(cube: MemCube) -> list[str]:
    return [words for _, words in writing.texts_of(cube.kind, cube.content, cube)]
