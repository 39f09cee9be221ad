"""Whatever fails, the caller is told in its own language and what was said is stored once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import openai
import psycopg
import pytest

from tests.fixtures.database import Urls
from tests.fixtures.openai_server import (
    HELLO,
    Asked,
    Connection,
    OpenAiServer,
    answers,
    cuts_after,
    on_a_socket,
    says,
)
from tests.fixtures.service import Service, Start, remember, until
from tests.integration.gateway.desk import HOME, Desk, asking, at_desk, opened

Own = Callable[..., Awaitable[Service]]
SONG = "I sing in a choir"


def only(**memory: Any) -> dict[str, Any]:
    """Remembers but recalls nothing."""
    return {"memory": {"space": "home", "recall": False, **memory}}


async def nothing(_: Asked, connection: Connection) -> None:
    """Closes the connection without an answer."""
    connection.writer.transport.abort()


async def silence(_: Asked, connection: Connection) -> None:
    """Takes the question and says nothing."""
    await asyncio.sleep(2)
    connection.writer.transport.abort()


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        (answers(400, b'{"error":{"message":"too long","code":"context"}}'), 400, "context"),
        (answers(404, b'{"error":{"message":"no","code":"gone"}}'), 404, "gone"),
        (answers(429, b'{"error":{"message":"busy","code":"busy"}}'), 429, "busy"),
        (answers(500, b'{"error":{"message":"oh","code":"oh"}}'), 500, "oh"),
        (answers(401, b'{"error":{"message":"key sk-1234"}}'), 502, "backend-refused"),
        (answers(403, b"no"), 502, "backend-refused"),
        (nothing, 503, "backend-unavailable"),
    ],
    ids=["400", "404", "429", "500", "401", "403", "nothing"],
)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("memory", [None, only()], ids=["plain", "memory"])
async def test_an_error_of_the_model_server_reaches_the_caller(
    desk: Desk, script: Any, status: int, code: str, stream: bool, memory: Any
) -> None:
    desk.model.script = script

    with pytest.raises(openai.APIStatusError) as failed:
        await desk.openai.chat.completions.create(
            model="tiny", messages=asking(SONG), stream=stream, extra_body=memory
        )

    assert failed.value.status_code == status
    assert failed.value.code == code
    assert "sk-1234" not in failed.value.response.text
    assert "127.0.0.1" not in failed.value.response.text
    assert await desk.said() == ([] if memory is None else [("user", SONG)])


async def test_the_status_of_a_space_says_what_its_chats_find_out(
    own: Own, model: OpenAiServer
) -> None:
    async with opened(await own(), model) as desk:

        async def ask() -> None:
            await desk.openai.chat.completions.create(
                model="tiny", messages=asking(SONG), extra_body=only()
            )

        async def llm() -> tuple[str, str | None]:
            await desk.service.parts.gateway.keeper.settle()
            found = (await desk.http.get("/v1/spaces/home/status")).json()["llm"]
            assert (found["since"] is None) == (found["reason"] is None)
            return found["state"], found["reason"]

        await ask()
        assert await llm() == ("ok", None)
        model.script = nothing
        with pytest.raises(openai.InternalServerError):
            await ask()
        assert await llm() == ("down", "backend-unavailable")
        model.script = HELLO
        await ask()
        assert await llm() == ("ok", None)


async def test_when_to_try_again_is_passed_on(desk: Desk) -> None:
    desk.model.script = answers(429, b"{}", Retry_After="7")
    answer = await desk.http.post("/v1/chat/completions", json={"messages": asking(SONG)})
    assert answer.headers["retry-after"] == "7"


async def test_a_server_that_is_silent_is_left_in_time(own: Own, model: OpenAiServer) -> None:
    model.script = silence
    async with opened(await own(timeout_s=0.3), model) as desk:
        with pytest.raises(openai.APIStatusError) as failed:
            await desk.openai.chat.completions.create(
                model="tiny", messages=asking(SONG), extra_body=only()
            )
        assert failed.value.status_code == 504
        assert failed.value.code == "backend-timeout"
        assert await desk.said() == [("user", SONG)]


async def test_a_server_that_is_away_is_named_as_what_is_missing(start: Start) -> None:
    absent = OpenAiServer(url="http://127.0.0.1:9/v1")
    chat = {"url": absent.url, "model": "tiny", "timeout_s": 1}
    async with opened(await start(chat=chat), absent) as desk:
        with pytest.raises(openai.InternalServerError) as failed:
            await desk.openai.chat.completions.create(
                model="tiny", messages=asking(SONG), extra_body=only()
            )
        assert failed.value.code == "backend-unavailable"
        assert failed.value.response.headers["retry-after"] == "1"
        assert [m.id for m in (await desk.openai.models.list()).data] == ["tiny"]
        assert await desk.said() == [("user", SONG)]


async def test_without_a_chat_model_there_is_no_gateway(start: Start) -> None:
    async with opened(await start(), OpenAiServer()) as desk:
        with pytest.raises(openai.InternalServerError) as failed:
            await desk.openai.chat.completions.create(
                model="tiny", messages=asking(SONG), extra_body=only()
            )
        assert (failed.value.status_code, failed.value.code) == (503, "backend-unavailable")
        with pytest.raises(openai.InternalServerError):
            await desk.openai.models.list()


@pytest.mark.parametrize("memory", [None, only()], ids=["plain", "memory"])
async def test_a_stream_that_breaks_ends_with_an_error_and_is_kept_as_far_as_it_came(
    desk: Desk, memory: Any
) -> None:
    desk.model.script = cuts_after("I", " think")
    heard: list[str] = []

    async def listen() -> None:
        stream = await desk.openai.chat.completions.create(
            model="tiny", messages=asking(SONG), stream=True, extra_body=memory
        )
        async for chunk in stream:
            heard.append(chunk.choices[0].delta.content or "")

    with pytest.raises(openai.APIError) as failed:
        await listen()

    assert failed.value.code == "backend-unavailable"
    assert "".join(heard) == "I think"
    if memory is None:
        return
    question, reply = await desk.kept()
    assert (question["content"], reply["content"]) == (SONG, "I think")
    assert reply["data"]["metadata"]["truncated"] is True


@pytest.mark.parametrize("content", [b"", b"[]", b"nonsense", b'{"a":', b"{}"])
async def test_an_answer_that_makes_no_sense_goes_through(desk: Desk, content: bytes) -> None:
    desk.model.script = answers(200, content or b" ")

    answer = await desk.http.post(
        "/v1/chat/completions", json={"messages": asking(SONG)}, headers=HOME
    )

    assert answer.status_code == 200
    assert answer.content.startswith(content[:1])
    assert await desk.said() == [("user", SONG)]


async def test_a_caller_that_leaves_stops_the_model_and_what_was_said_is_kept(desk: Desk) -> None:
    desk.model.script = says(*[f"word{n} " for n in range(2000)], drip_s=0.01)
    stream = await desk.openai.chat.completions.create(
        model="tiny", messages=asking(SONG), stream=True, extra_body=only()
    )
    heard = ""
    async for chunk in stream:
        heard += chunk.choices[0].delta.content or ""
        if "word3" in heard:
            break
    await stream.close()

    async def is_left() -> bool:
        return desk.model.left > 0 and len(await desk.kept()) > 1

    await until(is_left)
    question, reply = await desk.kept()
    assert question["content"] == SONG
    assert reply["content"].startswith(heard.strip())
    assert "word1999" not in reply["content"]
    assert reply["data"]["metadata"]["truncated"] is True


async def test_a_caller_that_leaves_and_asks_again_is_remembered_once(desk: Desk) -> None:
    for number in range(3):
        drip = 0.05 if number < 2 else 0.0
        desk.model.script = says("Which", " choir?", drip_s=drip)
        stream = await desk.openai.chat.completions.create(
            model="tiny", messages=asking(SONG), stream=True, extra_body=only()
        )
        async for _ in stream:
            if number < 2:
                break
        await stream.close()
    await asyncio.sleep(0.2)

    said = await desk.said()
    assert said[0] == ("user", SONG)
    assert [text for role, text in said if role == "user"] == [SONG]
    assert [text for _, text in said].count("Which choir?") == 1


async def test_the_same_question_asked_at_once_by_many_is_stored_once(desk: Desk) -> None:
    async def ask() -> None:
        await desk.openai.chat.completions.create(
            model="tiny", messages=asking(SONG), extra_body=only()
        )

    await asyncio.gather(*(ask() for _ in range(12)))

    assert await desk.said() == [("user", SONG), ("assistant", "Hello there")]


async def test_many_streams_at_once_all_arrive_and_are_remembered(desk: Desk) -> None:
    await remember(desk.tenant.admin, "home", "Ada lives in Lisbon")
    desk.model.script = says(*[f"w{n} " for n in range(20)], drip_s=0.01)
    expected = "".join(f"w{n} " for n in range(20))

    async def ask(number: int) -> str:
        stream = await desk.openai.chat.completions.create(
            model="tiny",
            messages=asking(f"Question {number}: where does Ada live?"),
            stream=True,
            extra_body={"memory": {"space": "home", "session_id": f"s{number}"}},
        )
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    heard = await asyncio.gather(*(ask(number) for number in range(64)))

    assert heard == [expected] * 64
    said = await desk.said()
    assert sum(role == "user" for role, _ in said) == 64
    assert sum(text == expected.strip() or text == expected for _, text in said) == 64


async def test_neither_the_first_word_nor_the_end_waits_for_the_memory(
    desk: Desk, urls: Urls
) -> None:
    """Another transaction keeps every write waiting; reads go on."""
    await remember(desk.tenant.admin, "home", "Ada lives in Lisbon")
    async with await psycopg.AsyncConnection.connect(urls.owner) as other:
        await other.execute("LOCK TABLE external_ids IN EXCLUSIVE MODE")
        began = time.monotonic()
        stream = await desk.openai.chat.completions.create(
            model="tiny", messages=asking("Where does Ada live?"), stream=True, extra_headers=HOME
        )
        heard = [chunk.choices[0].delta.content or "" async for chunk in stream]
        took = time.monotonic() - began
        await other.rollback()

    assert "".join(heard) == "Hello there"
    assert "Lisbon" in desk.sent()["messages"][0]["content"]
    assert took < 2
    assert len(await desk.kept()) == 3


async def test_a_memory_that_does_not_answer_is_left_out_and_named(desk: Desk, urls: Urls) -> None:
    await remember(desk.tenant.admin, "home", "Ada lives in Lisbon")
    async with await psycopg.AsyncConnection.connect(urls.owner) as other:
        await other.execute("LOCK TABLE spaces IN ACCESS EXCLUSIVE MODE")
        answer = await desk.http.post(
            "/v1/chat/completions",
            json={"messages": asking("Where does Ada live?")},
            headers=HOME,
            timeout=20,
        )
        await other.rollback()

    assert answer.status_code == 200, answer.text
    assert answer.json()["memory"]["degraded"] == ["recall"]
    assert desk.sent()["messages"] == asking("Where does Ada live?")
    assert [text for _, text in (await desk.said())[1:]] == ["Where does Ada live?", "Hello there"]


async def test_a_service_that_stops_first_writes_down_what_was_said(
    own: Own, model: OpenAiServer
) -> None:
    service = await own()
    async with on_a_socket(service.app) as url, at_desk(service, url, model) as desk:
        await desk.openai.chat.completions.create(
            model="tiny", messages=asking(SONG), extra_body=only()
        )
        await service.parts.gateway.close()
        query = {"type": "episodic"}
        kept = await desk.tenant.admin.get("/v1/spaces/home/memories", params=query)
        assert {item["content"] for item in kept.json()["items"]} == {SONG, "Hello there"}


async def test_an_erased_turn_does_not_come_back_with_the_next(desk: Desk) -> None:
    await desk.openai.chat.completions.create(
        model="tiny", messages=asking(SONG), extra_body=only()
    )
    question, _ = await desk.kept()
    path = f"/v1/spaces/home/memories/{question['id']}"
    erased = await desk.tenant.admin.delete(path, params={"mode": "erase"})
    assert erased.is_success, erased.text

    await desk.openai.chat.completions.create(
        model="tiny",
        messages=asking("Bye", ("user", SONG), ("assistant", "Hello there")),
        extra_body=only(),
    )

    assert SONG not in [text for _, text in await desk.said()]


async def test_strict_spaces_are_not_made_by_talking(own: Own, model: OpenAiServer) -> None:
    async with opened(await own(service={"strict_spaces": True}), model) as desk:
        with pytest.raises(openai.NotFoundError) as refused:
            await desk.openai.chat.completions.create(
                model="tiny", messages=asking(SONG), extra_headers=HOME
            )
        assert refused.value.code == "space-not-found"
        assert model.asked == []
