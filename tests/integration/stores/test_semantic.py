"""Confirming what is known: rows are locked in the order of ids, so nobody waits in a circle."""

from __future__ import annotations

import asyncio
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy import text

from stores import semantic, spaces, usage
from stores.database import Database
from stores.ids import MemoryId, new_id, now
from stores.records import EvidenceLink, Method, NewMemory, Space, Span
from tests.fixtures.database import Urls
from tests.fixtures.service import Service, Tenant, until

_LINKS = text("""
    SELECT episode_id FROM evidence WHERE tenant_id = :tenant AND memory_id = :memory_id
""")
_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def _said(content: str) -> NewMemory:
    link = EvidenceLink(episode_id=MemoryId(new_id()), span=Span(start=0, end=1))
    return NewMemory(
        id=MemoryId(new_id()), kind="fact", content=content, provenance_origin="derived",
        actor="test", method=Method(name="test", version="1"), created_at=now(), evidence=(link,),
    )  # fmt: skip


async def _add(database: Database, tenant: Tenant, space: Space, *contents: str) -> list[MemoryId]:
    async with database.write(tenant.id) as session:
        holders = await semantic.add(session, space, [_said(c) for c in contents])
    return list(holders.values())


async def test_a_confirmation_and_a_count_of_what_was_shown_do_not_lock_each_other_out(
    service: Service, tenant: Tenant, urls: Urls
) -> None:
    database = service.parts.services.database
    async with database.write(tenant.id) as session:
        space, _ = await spaces.ensure_space(session, "home", now())
    low, high = await _add(database, tenant, space, "The sky is blue", "The sea is green")
    await _add(database, tenant, space, "The sky is blue", "The sea is green")

    async with database.write(tenant.id) as session:
        await usage.add_retrieved(session, {low: 1})
        backwards = asyncio.create_task(
            _add(database, tenant, space, "The sea is green", "The sky is blue")
        )
        async with await AsyncConnection.connect(urls.superuser, autocommit=True) as watcher:

            async def is_waiting() -> bool:
                row = await (await watcher.execute(_WAITING)).fetchone()
                return row is not None and row[0] > 0

            await until(is_waiting)
        await usage.add_retrieved(session, {high: 1})

    assert await backwards == [high, low]
    cubes = [
        (await tenant.admin.get(f"/v1/spaces/home/memories/{memory_id}")).json()
        for memory_id in (low, high)
    ]
    assert [(c["usage"]["retrieved"], c["usage"]["confirmations"]) for c in cubes] == [(1, 2)] * 2


async def test_what_is_said_twice_in_one_go_is_stored_once_with_both_sources(
    service: Service, tenant: Tenant
) -> None:
    database = service.parts.services.database
    async with database.write(tenant.id) as session:
        space, _ = await spaces.ensure_space(session, "home", now())
    new = [_said("The sky is blue"), _said("the  SKY is blue"), _said("The sea is green")]
    async with database.write(tenant.id) as session:
        holders = await semantic.add(session, space, new)
        links = await session.rows(_LINKS, memory_id=new[0].id)
    assert list(holders.values()) == [new[0].id, new[0].id, new[2].id]
    sources: set[UUID] = {row.episode_id for row in links}
    assert sources == {new[0].evidence[0].episode_id, new[1].evidence[0].episode_id}
