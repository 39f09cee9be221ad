"""What jobs ask of a chat model is charged to their space, and a space's budget holds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from httpx import AsyncClient

from llm_backend.abilities import Ability
from llm_backend.chat import Completion, Message
from llm_backend.chat_script import ScriptedChatModel
from llm_backend.errors import BackendTimeout, BackendUnavailable, BudgetSpent
from llm_backend.gate import Gate, Priority
from llm_backend.pace import SLOW_S, Pace
from llm_backend.probe import QUESTION
from llm_backend.settings import ChatSettings
from memory_service.auth import Role
from memory_service.charging import Charged, Ledger, salt_of
from memory_service.settings import WorkerSettings
from stores import model_usage, spaces
from stores.database import Database
from stores.ids import TenantId
from stores.model_usage import Amount, Slot
from stores.records import Space
from stores.settings import StoreSettings
from tests.fixtures.database import Urls
from tests.fixtures.raw_server import Asked, RawServer, Step, completion, raw_server, told
from tests.fixtures.service import (
    Service,
    Start,
    Tenant,
    remember,
    settle,
    until,
    walk,
)

NOON = datetime(2026, 5, 8, 12, tzinfo=UTC)
TODAY = NOON.date()
HELLO = (Message(role="user", content="hello"),)
SAID = Completion(
    text="hi", finish_reason="stop", prompt_tokens=30, completion_tokens=10, cached_tokens=16
)
EMPTY = json.dumps({"title": "Nothing", "gist": "Nothing.", "items": []})


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(database: Database, clock: Clock) -> Ledger:
    return Ledger(database, clock)


async def _space(database: Database, tenant: Tenant, **policies: Any) -> Space:
    async with database.write(tenant.id) as session:
        made, _ = await spaces.ensure_space(session, f"s-{uuid4().hex[:8]}", NOON, policies)
    return made


def charged(ledger: Ledger, tenant: TenantId, space: Space, *replies: Any) -> Charged:
    """A model for a space that gives these replies."""
    return Charged(
        chat=ScriptedChatModel(replies), gate=Gate(2), ledger=ledger, tenant=tenant, space=space,
        purpose="extract", priority=Priority.JOB,
    )  # fmt: skip


async def _lines(client: AsyncClient, **query: Any) -> list[dict[str, Any]]:
    return await walk(client, "/v1/stats/model-usage", until=str(TODAY), **query)


async def test_a_slow_model_is_spared_what_can_be_done_without_it(
    database: Database, tenant: Tenant, ledger: Ledger
) -> None:
    space = await _space(database, tenant)
    pace = Pace()
    for _ in range(9):
        pace.note(SLOW_S)
    extracting = replace(charged(ledger, tenant.id, space, SAID), pace=pace)
    linking = replace(extracting, purpose="link")
    with pytest.raises(BackendTimeout):
        await linking.complete(HELLO, max_tokens=9)
    assert (await extracting.complete(HELLO, max_tokens=9)).text == "hi"


async def test_what_is_asked_adds_up_by_day_and_purpose(
    database: Database, tenant: Tenant, ledger: Ledger, clock: Clock
) -> None:
    space = await _space(database, tenant)
    model = charged(ledger, tenant.id, space, SAID, SAID, BackendUnavailable("away"), SAID)
    await model.complete(HELLO, max_tokens=9)
    await ledger.write()
    await model.complete(HELLO, max_tokens=9)
    with pytest.raises(BackendUnavailable):
        await model.complete(HELLO, max_tokens=9)
    await ledger.write()
    await ledger.write()  # There is nothing new.
    clock.now -= timedelta(days=1)
    await model.complete(HELLO, max_tokens=9)
    await ledger.stop()

    one = {"prompt_tokens": 30, "cached_tokens": 16, "completion_tokens": 10}
    about = {"space": space.name, "purpose": "extract", "model": "scripted"}
    assert await _lines(tenant.admin) == [
        {**about, **one, "day": "2026-05-07", "requests": 1},
        {**about, **{k: 2 * v for k, v in one.items()}, "day": "2026-05-08", "requests": 2},
    ]


async def test_the_cache_salt_of_a_call_is_its_tenant(
    database: Database, tenant: Tenant, ledger: Ledger
) -> None:
    model = charged(ledger, tenant.id, await _space(database, tenant), SAID)
    await model.complete(HELLO, max_tokens=9)
    assert model.chat.asked[0].cache_salt == salt_of(tenant.id)  # type: ignore[attr-defined]


async def test_a_budget_is_for_a_day_and_counts_what_is_not_written_yet(
    database: Database, tenant: Tenant, ledger: Ledger, clock: Clock
) -> None:
    space = await _space(database, tenant, llm={"tokens_per_day": 80})
    model = charged(ledger, tenant.id, space, *[SAID] * 9)
    await model.complete(HELLO, max_tokens=9)
    await ledger.write()
    await model.complete(HELLO, max_tokens=9)
    with pytest.raises(BudgetSpent, match="80 of 80"):
        await model.complete(HELLO, max_tokens=9)
    await ledger.write()
    elsewhere = Ledger(database, clock)  # Another process sees what this one has spent.
    with pytest.raises(BudgetSpent):
        await charged(elsewhere, tenant.id, space, SAID).complete(HELLO, max_tokens=9)
    clock.now += timedelta(days=1)
    assert await model.complete(HELLO, max_tokens=9) == SAID


async def test_without_a_budget_there_is_none_and_0_asks_nobody(
    database: Database, tenant: Tenant, ledger: Ledger
) -> None:
    free = await _space(database, tenant)
    assert await charged(ledger, tenant.id, free, SAID).complete(HELLO, max_tokens=9) == SAID
    closed = await _space(database, tenant, llm={"tokens_per_day": 0})
    model = charged(ledger, tenant.id, closed, SAID)
    with pytest.raises(BudgetSpent):
        await model.complete(HELLO, max_tokens=9)
    assert model.chat.asked == []  # type: ignore[attr-defined]


async def test_what_cannot_be_written_now_is_written_later(
    database: Database, tenant: Tenant, clock: Clock, urls: Urls, data_dir: Path
) -> None:
    impatient = Database(
        urls.service, StoreSettings(data_dir=data_dir, pool_size=2, statement_timeout_s=0.3)
    )
    ledger = Ledger(impatient, clock)
    space = await _space(database, tenant)
    await charged(ledger, tenant.id, space, SAID).complete(HELLO, max_tokens=9)
    with psycopg.connect(urls.superuser) as connection:
        connection.execute("LOCK TABLE model_usage IN ACCESS EXCLUSIVE MODE")
        await ledger.write()
        connection.rollback()
    assert await _lines(tenant.admin) == []
    await ledger.write()
    await impatient.close()
    assert [line["requests"] for line in await _lines(tenant.admin)] == [1]


async def test_pages_go_through_all_lines_in_order_and_a_key_sees_its_spaces(
    database: Database, tenant: Tenant
) -> None:
    mine, other = await _space(database, tenant), await _space(database, tenant)
    names = ["gpt 5/é|", "a" * 200, "Qwen/Qwen2.5-7B-Instruct"]
    amounts = {
        Slot(space=space.id, day=TODAY - timedelta(days=n), purpose="link", model=name):
            Amount(requests=1, prompt_tokens=n)
        for space in (mine, other) for n in range(3) for name in names
    }  # fmt: skip
    async with database.write(tenant.id) as session:
        await model_usage.add(session, amounts)
    lines = await _lines(tenant.admin, limit=1)
    assert len(lines) == len(amounts)
    assert lines == await _lines(tenant.admin, limit=200)
    assert [line["day"] for line in lines] == sorted(line["day"] for line in lines)

    reader = await tenant.client(Role.READER, spaces=[mine.name])
    assert {line["space"] for line in await _lines(reader)} == {mine.name}
    since = str(TODAY - timedelta(days=1))
    assert len(await _lines(tenant.admin, space=other.name, since=since)) == 2 * len(names)
    stranger = await reader.get("/v1/stats/model-usage", params={"space": other.name})
    assert stranger.status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2026-05-09", "until": "2026-05-08"},
        {"since": "yesterday"},
        {"until": "0001-01-01", "since": "0001-01-02"},
        {"cursor": "WyJ4Il0"},
        {"cursor": "!"},
    ],
)
async def test_questions_that_make_no_sense(tenant: Tenant, query: dict[str, str]) -> None:
    answer = await tenant.admin.get("/v1/stats/model-usage", params=query)
    assert answer.status_code == 422, answer.text


async def test_an_erased_space_leaves_no_line_and_late_notes_neither(
    database: Database, tenant: Tenant, ledger: Ledger, urls: Urls
) -> None:
    space = await _space(database, tenant)
    model = charged(ledger, tenant.id, space, SAID, SAID)
    await model.complete(HELLO, max_tokens=9)
    await ledger.write()
    await model.complete(HELLO, max_tokens=9)
    erased = await tenant.admin.delete(f"/v1/spaces/{space.name}")
    assert erased.status_code == 200
    await ledger.write()
    with psycopg.connect(urls.superuser) as connection:
        left = connection.execute("SELECT 1 FROM model_usage WHERE space_id = %s", [space.id])
        assert left.fetchall() == []


async def test_a_policy_that_is_no_budget_is_refused(tenant: Tenant, space: str) -> None:
    for llm in ({"tokens_per_day": -1}, {"tokens": 5}, {"tokens_per_day": "many"}):
        answer = await tenant.admin.put(f"/v1/spaces/{space}", json={"policies": {"llm": llm}})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"].startswith("/policies/llm")


def _answer(asked: Asked) -> Sequence[Step]:
    if asked.path != "/v1/chat/completions":
        return told({"data": [{"id": "m", "owned_by": "test"}]} if asked.method == "GET" else {})
    return told(completion(EMPTY))


@pytest.fixture
async def chat() -> AsyncIterator[RawServer]:
    """A chat server whose model finds nothing worth keeping."""
    async with raw_server(_answer) as server:
        yield server


@pytest.fixture
async def charging(start: Start, chat: RawServer) -> Service:
    """A service with its worker and this chat model."""
    settings = ChatSettings(url=chat.url, model="m", timeout_s=5)
    return await start(chat=settings, worker=WorkerSettings(grace_s=1))


async def test_jobs_are_charged_and_go_by_rules_when_the_budget_is_spent(
    charging: Service, chat: RawServer
) -> None:
    client = (await charging.tenant()).admin
    for name, llm in (("free", {}), ("closed", {"tokens_per_day": 0})):
        await client.put(f"/v1/spaces/{name}", json={"policies": {"llm": llm}})
        turn = {"content": "I live in Lisbon.", "speaker": "Ana", "session_id": "s"}
        await remember(client, name, turn)
        await settle(client, name)
    asked = [a.body["messages"][-1]["content"] for a in chat.asked if "messages" in a.body]
    questions = [text for text in asked if text != QUESTION]
    assert len(questions) == 1

    async def is_written() -> bool:
        return bool(await walk(client, "/v1/stats/model-usage"))

    await until(is_written)
    (line,) = await walk(client, "/v1/stats/model-usage")
    assert {k: line[k] for k in ("space", "purpose", "model", "requests")} == {
        "space": "free", "purpose": "extract", "model": "m", "requests": 1,
    }  # fmt: skip
    assert (line["prompt_tokens"], line["completion_tokens"]) == (3, 2)
    assert date.fromisoformat(line["day"])
    runs = await walk(client, "/v1/spaces/closed/runs")
    notes = [note for run in runs for note in run["notes"]]
    assert "1 of 1 events left to sentences: token-budget-spent" in notes


async def test_readiness_tells_what_the_chat_server_can_do(charging: Service) -> None:
    client = await charging.client()

    async def is_looked_at() -> bool:
        return "can" in (await client.get("/readyz")).json()["chat"]

    await until(is_looked_at)
    ready = await client.get("/readyz")
    assert ready.status_code == 200
    told_of = ready.json()["chat"]
    assert set(told_of) == {"model", "server", "can", "context_tokens", "llm"}
    assert told_of["llm"] == "ok"
    assert set(told_of["can"]) <= set(Ability)


async def test_a_chat_server_that_is_away_keeps_nobody_from_being_ready(start: Start) -> None:
    settings = ChatSettings(url="http://127.0.0.1:9/v1", model="m", timeout_s=1)
    service = await start(chat=settings)
    ready = await (await service.client()).get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["chat"] == {"model": "m", "llm": "down"}
