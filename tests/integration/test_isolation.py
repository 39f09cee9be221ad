"""No tenant sees, changes, counts or infers what another has: on every route, and beneath them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from httpx import AsyncClient, Response
from psycopg import sql

from memory_service.auth import Role
from stores.ids import TenantId
from stores.schema import PARTITIONS, TENANT_TABLES, metadata
from tests.fixtures.database import Urls
from tests.fixtures.service import (
    Service,
    Tenant,
    contents,
    recall,
    remember,
    settle,
    until,
    write,
)
from tests.integration.graphs import Desk
from tests.integration.operations import ABOUT, CLOSED, OPERATIONS, Names, operations_of, send

#: The words of the victim. None of them may reach anybody else, in any form.
SECRET = "The ruby of the maharaja is hidden in the clock tower"
_SECRET_WORDS = re.compile(r"ruby|maharaja|clock tower", re.IGNORECASE)
_SPACE = "vault"

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")
_KEY = re.compile(r"mk_[\w-]{43}")


@dataclass(frozen=True, kw_only=True)
class Victim:
    """A tenant with something to lose, and the names of all of it."""

    tenant: Tenant
    names: Names


@pytest.fixture(scope="module")
async def victim(service: Service, urls: Urls) -> Victim:
    """A tenant with an episode, a fact, a job, a run, a key and a row in every table."""
    tenant = await service.tenant()
    client = tenant.admin
    episode = {
        "content": f"{SECRET}. I work at the palace.",
        "session_id": "audience",
        "external_id": "D1:1",
        "speaker": "Vizier",
    }
    answer = await client.post(
        f"/v1/spaces/{_SPACE}/episodes",
        json={"episodes": [episode]},
        headers={"Idempotency-Key": "once"},
    )
    episode_id = answer.json()["episodes"][0]["id"]
    fact = await write(client, _SPACE, SECRET, evidence=[{"episode_id": episode_id}])
    await client.put(f"/v1/spaces/{_SPACE}/blocks/rules", json={"text": SECRET})
    await settle(client, _SPACE)
    key = await client.post("/v1/keys", json={"name": "spare", "role": "reader"})
    extracted = (await client.get(f"/v1/spaces/{_SPACE}/memories?type=semantic")).json()["items"]
    run_id = next(i["provenance"]["run_id"] for i in extracted if i["provenance"]["run_id"])
    shown = await recall(client, _SPACE, SECRET)
    await service.parts.services.usage.write()
    desk = Desk(service=service, tenant=tenant, name=_SPACE)
    _, entity = await desk.run(lambda step: step.entity("Vizier"))
    _fill_every_table(urls, tenant.id)
    names = Names(
        recall_id=shown["recall_id"],
        space=_SPACE,
        space_id=_id_of_space(urls, tenant.id),
        entity_id=str(entity),
        refinement_id=_refine(urls, tenant.id, fact["id"]),
        memory_id=fact["id"],
        episode_id=episode_id,
        job_id=answer.json()["job_ids"][0],
        run_id=run_id,
        key_id=key.json()["id"],
        session_id="audience",
        external_id="D1:1",
    )
    return Victim(tenant=tenant, names=names)


@pytest.fixture
async def intruder(service: Service) -> Tenant:
    """Another tenant, whose admin knows every name of the victim."""
    return await service.tenant()


def _unknown(*, space: str) -> Names:
    """Names of things that do not exist anywhere."""
    named = (
        "space_id", "memory_id", "episode_id", "entity_id", "job_id", "run_id", "recall_id",
        "key_id", "refinement_id",
    )  # fmt: skip
    ids = {name: str(uuid4()) for name in named}
    return Names(space=space, session_id="nowhere", external_id="D9:9", **ids)


def _id_of_space(urls: Urls, tenant: TenantId) -> str:
    with psycopg.connect(urls.superuser) as connection:
        query = "SELECT space_id::text FROM spaces WHERE tenant_id = %s"
        [[found]] = connection.execute(query, [tenant]).fetchall()
    return str(found)


def _refine(urls: Urls, tenant: TenantId, memory_id: str) -> str:
    """What a neighbour says of a memory."""
    refinement = uuid4()
    with psycopg.connect(urls.superuser) as connection:
        row = {**_example("refinements", tenant), "memory_id": memory_id, "dropped_at": None,
               "refinement_id": str(refinement)}  # fmt: skip
        insert = "INSERT INTO refinements SELECT (jsonb_populate_record(NULL::refinements, %s)).*"
        connection.execute(insert, [json.dumps(row)])
    return str(refinement)


def _told(answer: Response, names: Names) -> tuple[int, str]:
    """What an answer says, without the names it was given, fresh ids, times and durations."""
    said = answer.text
    for field, value in vars(names).items():
        said = said.replace(value, f"<{field}>")
    try:
        body = json.loads(said)
    except ValueError:
        body = said
    if isinstance(body, dict):
        for passing in ("request_id", "instance", "timings_ms", "oldest_pending_s"):
            body.pop(passing, None)
    said = json.dumps(body, sort_keys=True)
    for pattern, name in ((_UUID, "<id>"), (_TIME, "<time>"), (_KEY, "<key>")):
        said = pattern.sub(name, said)
    said = re.sub(r"<(space|memory|episode|entity|job|run|recall|key)_id>", "<id>", said)
    return answer.status_code, said


#: Statistics that the service sums up by itself, whoever calls.
_SUMMED = {"census", "census_changes", "census_days", "owed", "owed_changes", "timings"}


def _held(urls: Urls, tenant: TenantId) -> dict[str, list[str]]:
    """Everything a tenant has but what changes by itself."""
    rows = _rows(urls, tenant)
    return {table: found for table, found in rows.items() if table not in _SUMMED}


def _rows(urls: Urls, tenant: TenantId) -> dict[str, list[str]]:
    """Everything a tenant has, as a superuser sees it."""
    with psycopg.connect(urls.superuser) as connection:
        return {
            table: sorted(
                row[0]
                for row in connection.execute(
                    sql.SQL("SELECT to_jsonb(t)::text FROM {} t WHERE tenant_id = %s").format(
                        sql.Identifier(table)
                    ),
                    [tenant],
                )
            )
            for table in TENANT_TABLES
        }


def test_every_route_has_a_case(service: Service) -> None:
    assert set(operations_of(service.app)) == set(OPERATIONS)


@pytest.mark.parametrize("name", CLOSED)
async def test_what_another_tenant_has_is_as_if_it_did_not_exist(
    victim: Victim, intruder: Tenant, urls: Urls, name: str
) -> None:
    before = _held(urls, victim.tenant.id)
    unknown = _unknown(space="nowhere")

    theirs = await send(intruder.admin, name, victim.names)
    nobodys = await send(intruder.admin, name, unknown)

    assert _told(theirs, victim.names) == _told(nobodys, unknown)
    assert not _SECRET_WORDS.search(theirs.text)
    assert _held(urls, victim.tenant.id) == before


@pytest.mark.parametrize("name", CLOSED)
async def test_a_space_of_the_same_name_shows_its_own_memories_only(
    victim: Victim, intruder: Tenant, urls: Urls, name: str
) -> None:
    """The intruder has the victim's space name too, and another space with the same content.

    Both answer alike, scores included: the victim's words count for nothing in the intruder's.
    """
    client, twin = intruder.admin, "twin"
    for space in (_SPACE, twin):
        for line in ("Where is the kettle?", "The kettle is hidden in the cupboard"):
            await remember(client, space, line, consolidate=False)
    before = _held(urls, victim.tenant.id)
    unknown = _unknown(space=twin)

    theirs = await send(client, name, victim.names)
    own = await send(client, name, unknown)

    if OPERATIONS[name].in_space:
        assert _told(theirs, victim.names) == _told(own, unknown)
    assert not _SECRET_WORDS.search(theirs.text)
    assert _held(urls, victim.tenant.id) == before


@pytest.mark.parametrize("reference", ["episode_id", "external_id"])
async def test_evidence_cannot_be_an_episode_of_another_tenant(
    victim: Victim, intruder: Tenant, reference: str
) -> None:
    evidence = [{reference: getattr(victim.names, reference)}]
    body = {"kind": "fact", "content": "Something else", "evidence": evidence}
    answer = await intruder.admin.post(f"/v1/spaces/{_SPACE}/memories", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "memory-not-found")
    assert (await intruder.admin.get(f"/v1/spaces/{_SPACE}")).status_code == 404


async def test_an_idempotency_key_of_another_tenant_replays_nothing(
    victim: Victim, intruder: Tenant
) -> None:
    answer = await intruder.admin.post(
        f"/v1/spaces/{_SPACE}/episodes",
        json={"episodes": [{"content": "It rained"}]},
        headers={"Idempotency-Key": "once"},
    )
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


async def test_metrics_name_no_tenant_no_space_and_no_memory(
    service: Service, victim: Victim
) -> None:
    await recall(victim.tenant.admin, _SPACE, SECRET)
    await service.parts.services.usage.write()
    said = (await victim.tenant.admin.get("/metrics")).text
    assert not _SECRET_WORDS.search(said)
    assert _SPACE not in said
    assert str(victim.tenant.id) not in said


# Who may do what inside a tenant.


@pytest.fixture(scope="module")
async def household(service: Service, urls: Urls) -> Victim:
    """A tenant with one space and things in it, for keys that may do less than everything."""
    tenant = await service.tenant()
    [episode] = await remember(tenant.admin, _SPACE, "I work at the palace")
    await tenant.admin.put(f"/v1/spaces/{_SPACE}/blocks/rules", json={"text": "Bow low"})
    await settle(tenant.admin, _SPACE)
    jobs = (await tenant.admin.get("/v1/jobs")).json()["items"]
    [fact] = (await tenant.admin.get(f"/v1/spaces/{_SPACE}/memories?type=semantic")).json()["items"]
    key = await tenant.admin.post("/v1/keys", json={"name": "spare", "role": "reader"})
    shown = await recall(tenant.admin, _SPACE, "I work at the palace")
    await service.parts.services.usage.write()
    desk = Desk(service=service, tenant=tenant, name=_SPACE)
    _, entity = await desk.run(lambda step: step.entity("Vizier"))
    names = Names(
        recall_id=shown["recall_id"],
        space=_SPACE,
        space_id=_id_of_space(urls, tenant.id),
        entity_id=str(entity),
        refinement_id=_refine(urls, tenant.id, fact["id"]),
        memory_id=fact["id"],
        episode_id=episode["id"],
        job_id=jobs[0]["id"],
        run_id=fact["provenance"]["run_id"],
        key_id=key.json()["id"],
        session_id="none",
        external_id="none",
    )
    return Victim(tenant=tenant, names=names)


def _needing(*roles: Role) -> list[str]:
    return [name for name in CLOSED if OPERATIONS[name].needs in roles]


@pytest.mark.parametrize("name", _needing(Role.WRITER, Role.ADMIN))
async def test_a_reader_changes_nothing(household: Victim, urls: Urls, name: str) -> None:
    await _is_refused(household, urls, await household.tenant.client(Role.READER), name)


@pytest.mark.parametrize("name", _needing(Role.ADMIN))
async def test_a_writer_neither_erases_spaces_nor_manages_keys(
    household: Victim, urls: Urls, name: str
) -> None:
    await _is_refused(household, urls, await household.tenant.client(Role.WRITER), name)


#: What has an id but no space in its path is as good as not there, so that its space is not told.
UNTOLD = {
    "{job_id}": "job-not-found",
    "{run_id}": "run-not-found",
    "{recall_id}": "recall-not-found",
}


@pytest.mark.parametrize("name", [name for name in CLOSED if OPERATIONS[name].in_space])
async def test_a_key_for_one_space_touches_no_other(
    household: Victim, urls: Urls, name: str
) -> None:
    client = await household.tenant.client(Role.ADMIN, spaces=["elsewhere"])
    missing = next((code for part, code in UNTOLD.items() if part in name), None)
    await _is_refused(household, urls, client, name, missing)


@pytest.mark.parametrize("name", ["GET /v1/keys", "POST /v1/keys", "DELETE /v1/keys/{key_id}"])
async def test_an_admin_of_some_spaces_manages_no_keys(
    household: Victim, urls: Urls, name: str
) -> None:
    client = await household.tenant.client(Role.ADMIN, spaces=[_SPACE])
    await _is_refused(household, urls, client, name)


async def _is_refused(
    household: Victim, urls: Urls, client: AsyncClient, name: str, missing: str | None = None
) -> None:
    before = _but_keys(_held(urls, household.tenant.id))
    answer = await send(client, name, household.names)
    refused = (403, "not-permitted") if missing is None else (404, missing)
    assert (answer.status_code, answer.json()["code"]) == refused
    assert "palace" not in answer.text
    assert _but_keys(_held(urls, household.tenant.id)) == before


def _but_keys(rows: dict[str, list[str]]) -> dict[str, list[str]]:
    """The intruding key itself is new in `api_keys`."""
    return {table: found for table, found in rows.items() if table != "api_keys"}


#: What a chat model is asked finds none here, and nothing was trained.
_HERE = {
    "GET /v1/models": 503,
    "POST /v1/spaces/{space}/answer": 503,
    "GET /v1/spaces/{space}/adapters/{adapter_id}": 404,
}


@pytest.mark.parametrize("name", _needing(Role.READER))
async def test_a_reader_reads(household: Victim, name: str) -> None:
    answer = await send(await household.tenant.client(Role.READER), name, household.names)
    assert answer.status_code == _HERE.get(name, 200)


async def test_lists_hold_what_the_key_covers_and_no_more(service: Service) -> None:
    tenant = await service.tenant()
    for space in ("north", "south"):
        await remember(tenant.admin, space, f"The {space} gate is open")
    client = await tenant.client(Role.READER, spaces=["north"])
    assert [s["name"] for s in (await client.get("/v1/spaces")).json()["items"]] == ["north"]
    assert {j["space"] for j in (await client.get("/v1/jobs")).json()["items"]} == {"north"}
    body = {"query": "which gate is open", "spaces": ["north", "south"]}
    assert (await client.post("/v1/recall", json=body)).status_code == 403
    assert contents(await recall(client, "north", "which gate is open")) == [
        "The north gate is open"
    ]


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer mk_guess", "Basic YTpi", "mk_guess"])
async def test_without_a_key_that_exists_nothing_is_answered(
    service: Service, household: Victim, name: str, header: str | None
) -> None:
    client = await service.client()
    client.headers.update({} if header is None else {"Authorization": header})
    answer = await send(client, name, household.names)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "palace" not in answer.text


@pytest.fixture(scope="module")
async def lapsed(household: Victim, service: Service) -> AsyncIterator[dict[str, AsyncClient]]:
    """Clients whose keys worked once: one expired, one was revoked while it was in use."""
    soon = datetime.now(UTC) + timedelta(seconds=0.5)
    expired = await household.tenant.client(Role.ADMIN, expires_at=soon)
    assert (await expired.get("/v1/spaces")).status_code == 200
    made = (await household.tenant.admin.post(
        "/v1/keys", json={"name": "doomed", "role": "admin"}
    )).json()  # fmt: skip
    revoked = await service.client(made["key"])
    assert (await revoked.get("/v1/spaces")).status_code == 200
    gone = await household.tenant.admin.delete(f"/v1/keys/{made['id']}")
    assert gone.status_code == 204

    async def has_expired() -> bool:
        return datetime.now(UTC) > soon

    await until(has_expired)
    return {"expired": expired, "revoked": revoked}


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("how", ["expired", "revoked"])
async def test_a_key_that_has_lapsed_opens_nothing(
    lapsed: dict[str, AsyncClient], household: Victim, name: str, how: str
) -> None:
    answer = await send(lapsed[how], name, household.names)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/problems/not-found", *sorted(ABOUT)]
)
async def test_what_is_open_to_all_names_nobody(
    service: Service, victim: Victim, path: str
) -> None:
    answer = await (await service.client()).get(path)
    assert answer.status_code == 200
    assert not _SECRET_WORDS.search(answer.text)
    assert _SPACE not in answer.text


# Beneath the routes: raw SQL as the service role.


@contextmanager
def _as_service(urls: Urls, tenant: UUID | None) -> Iterator[psycopg.Connection]:
    """A transaction of the service role for a tenant or none, rolled back at the end."""
    with psycopg.connect(urls.service) as connection:
        if tenant is not None:
            connection.execute(f"SET LOCAL app.tenant = '{tenant}'")
        yield connection
        connection.rollback()


def _on(statement: str, table: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(table))


def _fill_every_table(urls: Urls, tenant: TenantId) -> None:
    """Give a tenant a row in the tables that nothing has been written to yet."""
    with psycopg.connect(urls.superuser) as connection:
        for table in TENANT_TABLES:
            count = _on("SELECT count(*) FROM {} WHERE tenant_id = %s", table)
            if connection.execute(count, [tenant]).fetchone() == (0,):
                row = json.dumps(_example(table, tenant))
                insert = "INSERT INTO {0} SELECT (jsonb_populate_record(NULL::{0}, %s)).*"
                connection.execute(_on(insert, table), [row])


def _example(table: str, tenant: TenantId) -> dict[str, Any]:
    """A row that fits the columns."""
    by_type = {"UUID": str(uuid4()), "JSONB": {}, "BYTEA": "\\x00", "DATE": "2026-01-01",
               "HALFVEC": "[1]"}  # fmt: skip
    row = {}
    for column in metadata.tables[table].columns:
        name = str(column.type).upper()
        kind = next((k for k in by_type if name.startswith(k)), None)
        if column.type.python_type is UUID:
            row[column.name] = str(uuid4())
        elif kind is not None:
            row[column.name] = by_type[kind]
        else:
            row[column.name] = {str: "x", list: []}.get(column.type.python_type, 1)
    return {**row, "tenant_id": str(tenant)}


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_without_a_tenant_no_row_of_any_table_is_seen(
    victim: Victim, urls: Urls, table: str
) -> None:
    with _as_service(urls, None) as connection:
        assert connection.execute(_on("SELECT count(*) FROM {}", table)).fetchone() == (0,)


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_in_the_context_of_one_tenant_no_row_of_another_is_seen_or_touched(
    victim: Victim, intruder: Tenant, urls: Urls, table: str
) -> None:
    _fill_every_table(urls, victim.tenant.id)  # what was summed up is gone
    assert _rows(urls, victim.tenant.id)[table], "the victim has something to lose"
    params = [victim.tenant.id]
    for statement in (
        "SELECT tenant_id FROM {} WHERE tenant_id = %s",
        "UPDATE {} SET tenant_id = tenant_id WHERE tenant_id = %s",
        "DELETE FROM {} WHERE tenant_id = %s",
    ):
        with _as_service(urls, intruder.id) as connection:
            assert connection.execute(_on(statement, table), params).rowcount == 0
    with _as_service(urls, intruder.id) as connection:
        everything = connection.execute(_on("SELECT DISTINCT tenant_id FROM {}", table)).fetchall()
    assert everything in ([], [(intruder.id,)])


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_no_row_can_be_written_for_another_tenant(
    victim: Victim, intruder: Tenant, urls: Urls, table: str
) -> None:
    _fill_every_table(urls, victim.tenant.id)  # what was summed up is gone
    row = _rows(urls, victim.tenant.id)[table][0]
    insert = "INSERT INTO {0} SELECT (jsonb_populate_record(NULL::{0}, %s)).*"
    with (
        _as_service(urls, intruder.id) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
    ):
        connection.execute(_on(insert, table), [row])


def test_no_row_can_be_handed_over_to_another_tenant(
    victim: Victim, intruder: Tenant, urls: Urls
) -> None:
    with (
        _as_service(urls, intruder.id) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
    ):
        connection.execute("UPDATE api_keys SET tenant_id = %s", [victim.tenant.id])


def test_row_level_security_cannot_be_switched_off(victim: Victim, urls: Urls) -> None:
    with (
        _as_service(urls, None) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
    ):
        connection.execute("SET LOCAL row_security = off; SELECT count(*) FROM memories")


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_row_level_security_is_on_and_forced(urls: Urls, table: str) -> None:
    with psycopg.connect(urls.superuser) as connection:
        flags = connection.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass",
            [table],
        ).fetchone()
    assert flags == (True, True)


def test_every_table_with_a_tenant_is_known_as_one(urls: Urls) -> None:
    """A table made by a migration and forgotten in the list would be protected by nobody."""
    with psycopg.connect(urls.superuser) as connection:
        found = connection.execute("""
            SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE a.attname = 'tenant_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND c.relnamespace = 'public'::regnamespace
        """).fetchall()
    assert {row[0] for row in found} == set(TENANT_TABLES)


@pytest.mark.parametrize("parent", ["memories", "vectors", "postings"])
def test_partitions_are_closed_to_the_service(urls: Urls, parent: str) -> None:
    """Read directly, a partition would bypass the policy of its parent."""
    for part in range(PARTITIONS):
        with (
            _as_service(urls, None) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(_on("SELECT count(*) FROM {}", f"{parent}_p{part}"))


def test_the_service_role_is_above_no_rule(urls: Urls) -> None:
    with _as_service(urls, None) as connection:
        role = connection.execute("""
            SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles
            WHERE rolname = current_user
        """).fetchone()
        owned = connection.execute(
            "SELECT tablename FROM pg_tables WHERE tableowner = current_user"
        ).fetchall()
        memberships = connection.execute("""
            SELECT 1 FROM pg_auth_members
            WHERE member = (SELECT oid FROM pg_roles WHERE rolname = current_user)
        """).fetchall()
    assert role == (False, False, False, False)
    assert owned == []
    assert memberships == []


def test_a_key_presented_shows_its_own_row_and_no_other(victim: Victim, urls: Urls) -> None:
    with psycopg.connect(urls.superuser) as connection:
        [[key_hash]] = connection.execute(
            "SELECT key_hash FROM api_keys WHERE tenant_id = %s LIMIT 1", [victim.tenant.id]
        ).fetchall()
    with _as_service(urls, None) as connection:
        connection.execute(f"SET LOCAL app.key_hash = '{key_hash.hex()}'")
        assert connection.execute("SELECT key_hash FROM api_keys").fetchall() == [(key_hash,)]
        assert connection.execute("SELECT count(*) FROM tenants").fetchone() == (0,)


async def test_the_queue_carries_ids_and_no_words(service: Service, urls: Urls) -> None:
    """Its table is shared by all tenants, so nothing in it may tell anything."""
    tenant = await service.tenant()
    seen: list[Any] = []
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        for number in range(20):
            await remember(tenant.admin, _SPACE, f"{SECRET}, paper {number}")
            seen += connection.execute("SELECT to_jsonb(j) FROM procrastinate_jobs j").fetchall()
            await asyncio.sleep(0)
    assert seen
    for (row,) in seen:
        assert set(row["args"]) in ({"tenant", "job_id"}, {"tenant", "space", "at"})
        assert not _SECRET_WORDS.search(json.dumps(row))
