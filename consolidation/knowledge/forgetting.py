"""Erasing memories for good, and believing anew what was believed because of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from consolidation.distill import unlearning
from consolidation.knowledge.beliefs import Context, settle
from stores import adapter_erasing, erasure, graph, graph_erasing
from stores.database import WriteSession
from stores.ids import MemoryId
from stores.pads import Pads
from stores.records import Space


async def erase(
    session: WriteSession, space: Space, gone: Sequence[MemoryId], now: datetime, *, pads: Pads
) -> list[MemoryId]:
    """Erase a closure, see `stores.erasure.closure`, and believe anew what rested on it.

    Returns the adapters that had learned any of it, and are stopped.
    """
    claimed = await graph_erasing.slots(session, gone)
    told = await graph_erasing.told(session, gone)
    examinee = await adapter_erasing.examinee(session, space.id, gone)
    asked = None if examinee is None else await unlearning.seal(session, space, examinee, pads)
    stopped = await erasure.erase(session, space, gone, now)
    if examinee is not None and asked is not None:
        await adapter_erasing.keep_sealed(session, space.id, examinee.adapter, asked, now)
    if claimed:
        version = await graph.next_version(session, space.id)
        context = Context(session=session, space=space, version=version, run_id=None, now=now)
        await settle(context, [(one.subject_id, one.predicate) for one in claimed])
    if told.texts and (silent := await graph_erasing.unsay(session, space.id, told)):
        await erasure.erase(session, space, silent, now)
    return stopped
