"""Recall with a cross-encoder: what it changes, and that nothing depends on it."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import Any

import pytest

from llm_backend.cross_encoder_script import ScriptedCrossEncoder
from llm_backend.errors import BackendTimeout, BackendUnavailable
from llm_backend.settings import CrossEncoderSettings
from memory_service.auth import Principal, Role
from memory_service.verbs.spaces import scope_of
from retrieval.recall import Recaller, RecallRequest, RecallResult
from retrieval.second_opinion import READ
from stores.ids import new_id, now
from stores.kinds import document
from tests.fixtures.service import Service, Start, Tenant, recall, remember

QUESTION = "Where did Nora go hiking with Paul?"
TURNS = [
    {"content": "Nora went hiking in Wales", "speaker": "Nora"},
    {"content": "Nora went hiking with Paul near Bergen", "speaker": "Paul"},
    {"content": "Paul wants to go hiking with Nora again", "speaker": "Paul"},
]


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Asks one space with a scripted cross-encoder, beneath the HTTP edge."""

    service: Service
    tenant: Tenant
    space: str

    async def __call__(
        self, encoder: ScriptedCrossEncoder | None, query: str = QUESTION, **more: Any
    ) -> RecallResult:
        services = self.service.parts.services
        caller = Principal(tenant=self.tenant.id, key_id=new_id(), name="test", role=Role.READER)
        scope = await scope_of(services, caller, [self.space])
        recaller = Recaller(services.database, services.embedder, now, cross_encoder=encoder)
        return await recaller.recall(scope, RecallRequest(query=query, **more))


@pytest.fixture
async def asking(service: Service, tenant: Tenant, space: str) -> Asking:
    await remember(tenant.admin, space, *TURNS, consolidate=False)
    return Asking(service=service, tenant=tenant, space=space)


def _told(result: RecallResult) -> list[str]:
    return [hit.memory.content for hit in result.hits]


async def test_what_it_prefers_comes_first(asking: Asking) -> None:
    plain = await asking(None)
    last = _told(plain)[-1]
    result = await asking(encoder := ScriptedCrossEncoder({last: 1.0}))

    assert _told(result)[0] == last
    assert sorted(_told(result)) == sorted(_told(plain))
    place = result.hits[0].channels["cross_encoder"]
    assert (place.rank, place.score) == (1, 1.0)
    assert "#1 by the cross-encoder" in result.hits[0].reason
    assert result.degraded == ()
    assert result.timings_ms["cross_encoder"] >= 0
    scores = [hit.score for hit in result.hits]
    assert scores == sorted(scores, reverse=True)
    relevance = {hit.memory.id: hit.relevance for hit in plain.hits}
    assert {hit.memory.id: hit.relevance for hit in result.hits} == relevance
    [(question, texts)] = encoder.asked
    assert question == QUESTION
    assert set(texts) == {f"{turn['speaker']}: {turn['content']}" for turn in TURNS}


@pytest.mark.parametrize("failure", [BackendUnavailable("away"), BackendTimeout("late")])
async def test_without_an_answer_of_it_recall_answers_as_before(
    asking: Asking, failure: BackendUnavailable
) -> None:
    plain = await asking(None)
    result = await asking(ScriptedCrossEncoder({"Wales": 1.0}, failure=failure))

    assert result.degraded == ("cross_encoder",)
    assert result.hits == plain.hits
    assert "cross_encoder" in result.timings_ms


async def test_it_can_be_left_out(asking: Asking) -> None:
    encoder = ScriptedCrossEncoder({"Wales": 1.0})
    result = await asking(encoder, without=frozenset({"cross_encoder"}))

    assert encoder.asked == []
    assert result.hits == (await asking(None)).hits
    assert "cross_encoder" not in result.timings_ms
    assert result.degraded == ()


async def test_it_is_not_asked_when_nothing_fits(asking: Asking) -> None:
    encoder = ScriptedCrossEncoder()
    result = await asking(encoder, "xqzzv wlorf bnim")
    assert result.abstained
    assert encoder.asked == []


async def test_no_connection_is_held_while_it_reads(asking: Asking) -> None:
    database = asking.service.parts.services.database
    seen: list[int] = []

    async def look() -> None:
        await asyncio.sleep(0)
        seen.append(database.pool_in_use)

    # The worker of the shared service may be at what other tests left it.
    for _ in range(40):
        await asking(ScriptedCrossEncoder(before=look))
        if 0 in seen:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"a connection was held each time: {seen}")


async def test_it_reads_the_best_and_of_a_long_one_the_passage(
    service: Service, tenant: Tenant, space: str
) -> None:
    filler = "The parcel was left with the neighbours while we were on holiday. " * 40
    long = f"{filler}\n\nThe lamp of the lighthouse is green.\n\n{filler}"
    await remember(tenant.admin, space, {"content": long, "kind": document.KIND.name})
    await remember(tenant.admin, space, *(f"Lamp number {n} is green" for n in range(30)))
    encoder = ScriptedCrossEncoder({"lighthouse": 1.0})
    asked = Asking(service=service, tenant=tenant, space=space)
    result = await asked(encoder, "Which lamp of the lighthouse is green?", k=40)

    [(_, texts)] = encoder.asked
    assert len(texts) == READ
    assert all(len(text) <= 1_500 for text in texts)
    assert any("lighthouse" in text for text in texts)
    assert result.hits[0].memory.content == long
    read = ["cross_encoder" in hit.channels for hit in result.hits]
    assert read == sorted(read, reverse=True), "those behind keep their places"


async def test_a_server_that_is_away_degrades_recall_and_not_the_service(
    start: Start, space: str
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = CrossEncoderSettings(
            backend="http", model="m", url=f"http://127.0.0.1:{free.getsockname()[1]}/score"
        )
        client = (await (await start(cross_encoder=away)).tenant()).admin
        assert (await client.get("/readyz")).json() == {"status": "ready", "reasons": {}}
        await remember(client, space, *TURNS)
        answer = await recall(client, space, QUESTION)
        assert answer["hits"]
        assert answer["degraded"] == ["cross_encoder"]
        assert all("cross_encoder" not in hit["channels"] for hit in answer["hits"])
        again = await recall(client, space, QUESTION, without=["cross_encoder"])
        assert again["degraded"] == []

        ready = await client.get("/readyz")
        assert ready.status_code == 200
        assert "cannot be reached" in ready.json()["degraded"]["cross_encoder"]


async def test_a_model_that_is_not_there_keeps_nothing_from_starting(
    start: Start, space: str
) -> None:
    missing = CrossEncoderSettings(backend="local", model="/no/such/folder")
    client = (await (await start(cross_encoder=missing)).tenant()).admin
    await remember(client, space, *TURNS)
    answer = await recall(client, space, QUESTION)
    assert (bool(answer["hits"]), answer["degraded"]) == (True, ["cross_encoder"])
    ready = (await client.get("/readyz")).json()
    assert (ready["status"], set(ready["degraded"])) == ("ready", {"cross_encoder"})
