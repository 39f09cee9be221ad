"""The gateway as OpenAI's own client sees it: proxy, recall, injection, remembering."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from memory_service.auth import Role
from tests.fixtures.openai_server import OpenAiServer, answers, completion, delta, event, says
from tests.fixtures.service import Service, remember
from tests.integration.gateway.desk import HOME, Desk, asking, opened

LISBON = "My sister Ada lives in Lisbon and keeps bees"
QUESTION = "Where does Ada live?"
Own = Callable[..., Awaitable[Service]]


async def streamed(desk: Desk, messages: list[Any], **more: Any) -> list[ChatCompletionChunk]:
    stream = await desk.openai.chat.completions.create(
        model="tiny", messages=messages, stream=True, **more
    )
    return [chunk async for chunk in stream]


def words(chunks: list[ChatCompletionChunk]) -> str:
    """As much code does it: the first choice of every chunk, without looking."""
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


async def test_without_memory_options_it_is_a_plain_proxy(desk: Desk) -> None:
    answer = await desk.openai.chat.completions.create(model="tiny", messages=asking("Hi"))

    assert answer.choices[0].message.content == "Hello there"
    assert "memory" not in (answer.model_extra or {})
    assert desk.sent()["messages"] == asking("Hi")
    spaces = (await desk.tenant.admin.get("/v1/spaces")).json()["items"]
    assert spaces == []


async def test_a_stream_goes_through_byte_for_byte(desk: Desk) -> None:
    raw = b": ping\n\n" + delta("Hel") + b"event: x\ndata: {not json\r\n\r\n" + event("[DONE]")
    desk.model.script = answers(200, raw, "text/event-stream")

    answer = await desk.http.post(
        "/v1/chat/completions", json={"stream": True, "messages": asking("Hi")}
    )

    assert answer.content == raw
    assert answer.headers["content-type"] == "text/event-stream"


async def test_what_is_not_ours_reaches_the_model_byte_for_byte(desk: Desk) -> None:
    await remember(desk.tenant.admin, "home", LISBON)
    tools = '[ {"type":"function", "function":{"name":"f","parameters":{"maximum":1.50e2}}} ]'
    image = '{"type":"image_url","image_url": {"url":"data:,\\u00e9"}}'
    system = '{"role":"system",  "content":"Be \\u0062rief"}'
    raw = (
        f'{{"temperature": 1.0,"tools": {tools}, "messages":[{system},'
        f'{{"role":"user","content":[{{"type":"text","text":"{QUESTION}"}}, {image}]}}],'
        '"memory":{"space":"home"}, "x":"é" }'
    )

    answer = await desk.http.post("/v1/chat/completions", content=raw.encode())

    assert answer.status_code == 200, answer.text
    sent = desk.model.asked[-1].content.decode()
    assert f'"tools":{tools}' in sent
    assert system in sent
    assert image in sent
    assert '"temperature":1.0,' in sent
    assert '"x":"é"' in sent
    assert "memory" not in desk.sent()
    context, question, picture = desk.sent()["messages"][1]["content"]
    assert "Lisbon" in context["text"]
    assert question == {"type": "text", "text": QUESTION}
    assert picture["type"] == "image_url"


@pytest.mark.parametrize("stream", [False, True])
async def test_recalled_context_stands_before_the_question_and_is_cited(
    desk: Desk, stream: bool
) -> None:
    [known] = await remember(desk.tenant.admin, "home", LISBON)
    history = [("system", "Be brief"), ("user", "Hello"), ("assistant", "Hi")]
    messages = asking(QUESTION, *history)

    if stream:
        chunks = await streamed(desk, messages, extra_headers=HOME)
        assert words(chunks) == "Hello there"
        assert {chunk.id for chunk in chunks} == {"chatcmpl-1"}
        [notes] = [c.model_extra["memory"] for c in chunks if c.model_extra]
        assert chunks[0].model_extra
    else:
        answer = await desk.openai.chat.completions.create(
            model="tiny", messages=messages, extra_headers=HOME
        )
        assert answer.choices[0].message.content == "Hello there"
        assert answer.model_extra is not None
        notes = answer.model_extra["memory"]

    sent = desk.sent()["messages"]
    assert sent[:3] == messages[:3]
    block, _, question = sent[3]["content"].rpartition("\n\n")
    assert question == QUESTION
    assert sent[3]["role"] == "user"
    assert block.startswith("<memories>")
    assert block.endswith("</memories>")
    assert LISBON in block
    assert notes["citations"] == [{"marker": "[1]", "memory_id": known["id"], "space": "home"}]
    assert notes["abstained"] is False
    assert notes["degraded"] == []


async def test_the_recall_id_is_known_before_the_stream_and_takes_feedback(desk: Desk) -> None:
    [known] = await remember(desk.tenant.admin, "home", LISBON)
    raw = await desk.openai.chat.completions.with_raw_response.create(
        model="tiny", messages=asking(QUESTION), stream=True, extra_headers=HOME
    )
    recall_id = raw.headers["x-memory-recall-id"]
    [notes] = [c.model_extra["memory"] async for c in raw.parse() if c.model_extra]
    await desk.service.parts.services.usage.write()

    judged = await desk.tenant.admin.post(
        f"/v1/recalls/{recall_id}/feedback", json={"used": [known["id"]], "outcome": "success"}
    )

    assert notes["recall_id"] == recall_id
    assert judged.is_success, judged.text


async def test_the_exchange_is_remembered_in_one_session(desk: Desk) -> None:
    desk.model.script = says("Bees", " need", " water")

    await streamed(
        desk,
        asking("I keep bees in Porto"),
        extra_body={"memory": {"space": "home", "speakers": {"user": "Ada"}}},
    )

    question, reply = await desk.kept()
    assert question["content"] == "I keep bees in Porto"
    assert (question["data"]["role"], question["data"]["speaker"]) == ("user", "Ada")
    assert reply["content"] == "Bees need water"
    assert reply["data"]["role"] == "assistant"
    assert "speaker" not in reply["data"]
    assert reply["data"]["metadata"] == {
        "source": "chat", "model": "tiny", "finish_reason": "stop"
    }  # fmt: skip
    assert question["data"]["session_id"] == reply["data"]["session_id"]


async def test_a_conversation_sent_in_full_each_time_is_stored_once(desk: Desk) -> None:
    turns: list[tuple[str, str]] = []
    for number, text in enumerate(["I moved to Porto", "yes", "I sold my car", "yes"]):
        desk.model.script = says(f"Answer {number}")
        await streamed(desk, asking(text, *turns), extra_headers=HOME)
        turns += [("user", text), ("assistant", f"  Answer {number}\n")]

    said = [(role, text.strip()) for role, text in turns]
    assert await desk.said() == said
    assert len({item["data"]["session_id"] for item in await desk.kept()}) == 1


async def test_turns_that_the_client_left_out_are_not_taken_for_new_ones(desk: Desk) -> None:
    options = {"memory": {"space": "home", "session_id": "s"}}
    first = asking("I moved to Porto")
    await streamed(desk, first, extra_body=options)
    later = asking("I sold my car", ("assistant", "Hello there"))
    await streamed(desk, later, extra_body=options)

    assert [text for role, text in await desk.said() if role == "user"] == [
        "I moved to Porto", "I sold my car"
    ]  # fmt: skip


async def test_what_is_in_view_is_not_recalled(desk: Desk) -> None:
    await streamed(desk, asking("Ada lives in Lisbon"), extra_headers=HOME)
    await desk.kept()
    turns = [("user", "Ada lives in Lisbon"), ("assistant", "Hello there")]

    await streamed(desk, asking(QUESTION, *turns), extra_headers=HOME)
    in_view = desk.sent()["messages"][-1]["content"]
    await streamed(desk, asking(QUESTION), extra_headers=HOME)
    elsewhere = desk.sent()["messages"][-1]["content"]

    assert in_view == QUESTION
    assert "Ada lives in Lisbon" in elsewhere


async def test_calls_of_tools_go_through_and_are_noted(desk: Desk) -> None:
    call = {"index": 0, "id": "c1", "function": {"name": "weather", "arguments": '{"in":'}}
    rest = {"index": 0, "function": {"arguments": '"Porto"}'}}
    raw = (
        delta("Let me look")
        + delta(tool_calls=[call])
        + delta(tool_calls=[rest])
        + delta(finish="tool_calls")
        + event("[DONE]")
    )
    desk.model.script = answers(200, raw, "text/event-stream")

    answer = await desk.http.post(
        "/v1/chat/completions",
        json={"stream": True, "messages": asking("Is it raining?")},
        headers=HOME,
    )

    assert answer.content.endswith(raw)
    _, reply = await desk.kept()
    assert reply["content"] == "Let me look"
    assert reply["data"]["metadata"]["tool_calls"] == [
        {"name": "weather", "arguments": '{"in":"Porto"}'}
    ]


async def test_the_result_of_a_tool_asks_with_the_question_before_it(desk: Desk) -> None:
    await remember(desk.tenant.admin, "home", LISBON)
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        *asking(QUESTION),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
    ]

    await desk.openai.chat.completions.create(model="tiny", messages=messages, extra_headers=HOME)

    sent = desk.sent()["messages"]
    assert LISBON in sent[0]["content"]
    assert sent[1:] == messages[1:]
    assert await desk.said() == [("", LISBON), ("assistant", "Hello there")]


async def test_options_choose_what_the_memory_does(desk: Desk) -> None:
    await remember(desk.tenant.admin, "home", LISBON)

    async def ask(**options: Any) -> tuple[Any, Any]:
        answer = await desk.openai.chat.completions.create(
            model="tiny",
            messages=asking(QUESTION),
            extra_body={"memory": {"space": "home", "remember": False, **options}},
        )
        assert answer.model_extra is not None
        return desk.sent()["messages"], answer.model_extra["memory"]

    sent, notes = await ask()
    assert LISBON in sent[0]["content"]
    sent, notes = await ask(recall=False)
    assert sent == asking(QUESTION)
    assert notes["recall_id"] is None
    sent, notes = await ask(inject="none")
    assert sent == asking(QUESTION)
    assert len(notes["citations"]) == 1
    sent, notes = await ask(types=["semantic"])
    assert sent == asking(QUESTION)
    sent, notes = await ask(as_of={"known": "2020-01-01T00:00:00Z"})
    assert sent == asking(QUESTION)
    sent, notes = await ask(budget_tokens=5)
    assert sent == asking(QUESTION)
    assert len(await desk.kept()) == 1


async def test_blocks_that_are_asked_for_stand_before_what_is_recalled(desk: Desk) -> None:
    await remember(desk.tenant.admin, "home", LISBON)
    path = "/v1/spaces/home/blocks/persona"
    written = await desk.tenant.admin.put(path, json={"text": "Answers in rhymes"})
    assert written.is_success, written.text

    answer = await desk.openai.chat.completions.create(
        model="tiny",
        messages=asking(QUESTION),
        extra_body={"memory": {"space": "home", "blocks": ["persona"]}},
    )

    content = desk.sent()["messages"][0]["content"]
    assert content.index("Answers in rhymes") < content.index(LISBON) < content.index(QUESTION)
    assert answer.model_extra is not None
    assert answer.model_extra["memory"]["blocks"] == ["persona"]


async def test_only_the_turns_of_the_roles_asked_for_are_remembered(desk: Desk) -> None:
    for role, expected in (
        ("user", ("user", "I sing")),
        ("assistant", ("assistant", "Hello there")),
    ):
        space = f"only-{role}"
        options = {"memory": {"space": space, "roles": [role]}}
        await streamed(desk, asking("I sing"), extra_body=options)
        assert await desk.said(space) == [expected]


@pytest.mark.parametrize(
    ("memory", "pointer"),
    [
        ({"space": "home", "spaec": 1}, "/memory/spaec"),
        ({"space": "home", "k": 0}, "/memory/k"),
        ({}, "/memory/space"),
        ("home", "/memory"),
        ({"space": "home", "speakers": {"system": "x"}}, "/memory/speakers/system"),
    ],
)
async def test_options_nobody_knows_are_refused_as_openai_refuses(
    desk: Desk, memory: Any, pointer: str
) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        await desk.openai.chat.completions.create(
            model="tiny", messages=asking("Hi"), extra_body={"memory": memory}
        )

    assert refused.value.code == "malformed-request"
    assert refused.value.param == pointer
    assert refused.value.type == "invalid_request_error"
    assert desk.model.asked == []


async def test_the_header_and_the_option_must_name_one_space(desk: Desk) -> None:
    with pytest.raises(openai.UnprocessableEntityError):
        await desk.openai.chat.completions.create(
            model="tiny",
            messages=asking("Hi"),
            extra_headers=HOME,
            extra_body={"memory": {"space": "work"}},
        )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"messages":[]} x',
        b'{"model":"tiny","model":"../other"}',
        b'{"mod\\u0065l":"tiny","model":"../other"}',
        b"\xff",
        b'{"a":' + b"[" * 100_000,
        b'{"memory":{"space":"home"},"messages":1}',
        b'{"memory":{"space":"home"}}',
    ],
    ids=lambda content: content[:30].decode("latin-1"),
)
async def test_what_cannot_be_read_is_refused(desk: Desk, content: bytes) -> None:
    answer = await desk.http.post("/v1/chat/completions", content=content)

    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "malformed-request"
    assert desk.model.asked == []


async def test_only_listed_base_models_can_be_asked(own: Own, model: OpenAiServer) -> None:
    model.models = [
        {"id": "tiny", "owned_by": "vllm", "parent": None},
        {"id": "small", "owned_by": "vllm", "parent": None, "root": "/weights/small"},
        {"id": "adapter-of-somebody", "owned_by": "vllm", "parent": "tiny"},
    ]

    async with opened(await own(), model) as desk:
        listed = await desk.openai.models.list()
        assert [model.id for model in listed.data] == ["tiny", "small"]
        assert "weights" not in listed.to_json()
        for name in ("adapter-of-somebody", "../tiny", "/weights/small", "TINY", ""):
            with pytest.raises(openai.NotFoundError) as refused:
                await desk.openai.chat.completions.create(model=name, messages=asking("Hi"))
            assert refused.value.code == "unknown-model"
        assert desk.model.asked == []
        await desk.openai.chat.completions.create(model="small", messages=asking("Hi"))
        assert desk.sent()["model"] == "small"
        await desk.http.post("/v1/chat/completions", json={"messages": asking("Hi")})
        assert desk.sent()["model"] == "tiny"


async def test_each_tenant_has_a_salt_of_its_own_that_callers_cannot_choose(desk: Desk) -> None:
    other = await desk.service.tenant()
    salts = []
    for client in (desk.tenant.admin, desk.tenant.admin, other.admin):
        await client.post(
            "/v1/chat/completions", json={"messages": asking("Hi"), "cache_salt": "mine"}
        )
        salts.append(desk.sent()["cache_salt"])

    assert salts[0] == salts[1] != salts[2]
    assert "mine" not in salts


@pytest.mark.parametrize(
    ("owner", "setting", "salted"),
    [("openai", None, False), ("openai", True, True), ("vllm", False, False)],
)
async def test_a_salt_is_for_servers_that_know_it(
    own: Own, model: OpenAiServer, owner: str, setting: bool | None, salted: bool
) -> None:
    model.models = [{"id": "tiny", "owned_by": owner}]
    async with opened(await own(cache_salt=setting), model) as desk:
        await desk.http.post("/v1/chat/completions", json={"messages": asking("Hi")})

    assert ("cache_salt" in desk.sent()) is salted


async def test_the_servers_key_is_ours_and_the_callers_stays_here(
    own: Own, model: OpenAiServer
) -> None:
    async with opened(await own(api_key="sk-ours"), model) as desk:
        await desk.openai.chat.completions.create(model="tiny", messages=asking("Hi"))

    assert desk.model.asked[0].headers["authorization"] == "Bearer sk-ours"
    assert "mk_" not in json.dumps(dict(desk.model.asked[0].headers))


async def test_a_reader_recalls_but_does_not_remember(desk: Desk) -> None:
    await remember(desk.tenant.admin, "home", LISBON)
    async with desk.with_key(Role.READER) as reader:
        with pytest.raises(openai.PermissionDeniedError) as refused:
            await reader.chat.completions.create(
                model="tiny", messages=asking(QUESTION), extra_headers=HOME
            )
        answer = await reader.chat.completions.create(
            model="tiny",
            messages=asking(QUESTION),
            extra_body={"memory": {"space": "home", "remember": False}},
        )

    assert refused.value.code == "not-permitted"
    assert answer.choices[0].message.content == "Hello there"
    assert LISBON in desk.sent()["messages"][0]["content"]
    assert len(await desk.kept()) == 1


async def test_a_key_for_other_spaces_is_refused(desk: Desk) -> None:
    elsewhere = desk.with_key(Role.WRITER, spaces=["work"])
    async with elsewhere as client:
        with pytest.raises(openai.PermissionDeniedError):
            await client.chat.completions.create(
                model="tiny", messages=asking(QUESTION), extra_headers=HOME
            )
    assert desk.model.asked == []


async def test_no_tenant_is_told_what_another_remembers(desk: Desk) -> None:
    await remember(desk.tenant.admin, "home", LISBON)
    await streamed(desk, asking(QUESTION), extra_headers=HOME)
    other = await desk.service.tenant()

    answer = await other.admin.post(
        "/v1/chat/completions", json={"messages": asking(QUESTION)}, headers=HOME
    )

    assert "Lisbon" not in desk.model.asked[-1].content.decode()
    assert answer.json()["memory"]["citations"] == []
    assert (await desk.said())[1:] == [("user", QUESTION), ("assistant", "Hello there")]
    theirs = await other.admin.get("/v1/spaces/home/memories", params={"type": "episodic"})
    assert {i["content"] for i in theirs.json()["items"]} == {QUESTION, "Hello there"}


async def test_a_key_is_needed(desk: Desk) -> None:
    answer = await desk.http.post(
        "/v1/chat/completions",
        json={"messages": asking("Hi")},
        headers={"Authorization": "Bearer mk_no"},
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"


async def test_text_that_no_database_takes_is_still_answered_and_remembered(desk: Desk) -> None:
    desk.model.script = answers(200, completion("a\x00b"))
    raw = json.dumps({"messages": asking("I like \x00 and \ud800 halves")})

    answer = await desk.http.post("/v1/chat/completions", content=raw.encode(), headers=HOME)

    assert answer.json()["choices"][0]["message"]["content"] == "a\x00b"
    assert await desk.said() == [("user", "I like  and ? halves"), ("assistant", "ab")]
