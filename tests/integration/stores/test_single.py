"""A statement by itself: read-only, of one tenant, and without a trace in its connection."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from sqlalchemy import text

from stores.database import Database
from stores.errors import StoreBusy
from stores.ids import TenantId, new_id
from tests.fixtures.service import Tenant

_STATE = text("""
    SELECT current_setting('app.tenant', true) AS tenant,
           current_setting('transaction_read_only') AS read_only,
           current_setting('enable_hashjoin') AS hashing
""")
_KEYS = text("SELECT tenant_id FROM api_keys WHERE tenant_id = :tenant")
_SLEEP = text("SELECT pg_sleep(:seconds)")


async def test_it_reads_as_the_tenant_with_its_settings(database: Database, tenant: Tenant) -> None:
    async with database.single(tenant.id, {"enable_hashjoin": "off"}) as session:
        [state] = await session.rows(_STATE)
        assert (state.tenant, state.read_only, state.hashing) == (str(tenant.id), "on", "off")
        assert await session.tuples(_STATE) == [(str(tenant.id), "on", "off")]


async def test_nothing_stays_with_the_connection(database: Database, tenant: Tenant) -> None:
    async with database.single(tenant.id, {"enable_hashjoin": "off"}) as session:
        await session.rows(_STATE)
        plain = await session._connection.execute(_STATE)
        state = plain.one()
    assert (state.tenant or "", state.read_only, state.hashing) == ("", "off", "on")


async def test_it_sees_no_other_tenant(database: Database, tenant: Tenant) -> None:
    async with database.single(tenant.id) as session:
        assert {row.tenant_id for row in await session.rows(_KEYS)} == {tenant.id}
    async with database.single(TenantId(new_id())) as session:
        assert await session.rows(text("SELECT tenant_id FROM api_keys")) == []


async def test_it_cannot_write(database: Database, tenant: Tenant) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        async with database.single(tenant.id) as session:
            await session.rows(text("DELETE FROM api_keys WHERE tenant_id = :tenant RETURNING 1"))
    async with database.single(tenant.id) as session:
        assert await session.rows(_KEYS)


async def test_what_takes_too_long_is_busy(database: Database, tenant: Tenant) -> None:
    with pytest.raises(StoreBusy):
        async with database.single(tenant.id, {"statement_timeout": "20"}) as session:
            await session.rows(_SLEEP, seconds=5)
    async with database.single(tenant.id) as session:
        assert await session.rows(_KEYS)


async def test_after_one_was_cancelled_others_read_on(database: Database, tenant: Tenant) -> None:
    async def sleep() -> None:
        async with database.single(tenant.id) as session:
            await session.rows(_SLEEP, seconds=5)

    before = database.pool_in_use
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(sleep(), 0.1)
    assert database.pool_in_use == before
    async with database.single(tenant.id) as session:
        assert await session.rows(_KEYS)
