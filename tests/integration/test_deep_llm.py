"""Deep recall with a chat model: it finds what rules do not, and nothing depends on it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from llm_backend.chat import Message
from llm_backend.chat_script import Reply, ScriptedChatModel
from llm_backend.errors import BackendTimeout
from memory_service.auth import Principal, Role
from memory_service.verbs.spaces import scope_of
from retrieval.deep.rounds import ROUNDS
from retrieval.recall import Recaller, RecallRequest, RecallResult
from stores.ids import new_id, now
from stores.scope import Filter, Scope
from tests.fixtures.service import Service, Tenant, remember, write

_QUESTION = "Which instrument does the neighbour of Nora play?"
_NEIGHBOUR = "the man next door to Nora is a musician"
#: No name and no word of the question leads from there to here.
_STEP = "he practises the bassoon every evening"
_OTHERS = [
    f"a walk along the {kind} path, with its sights and its inns, takes {hours} hours"
    for hours, kind in enumerate(("mountain", "river", "desert", "polar", "urban", "rural"), 2)
]


def says(*queries: str, sufficient: bool = False) -> str:
    return json.dumps({"sufficient": sufficient, "queries": list(queries)})


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Asks one space with a scripted chat model, beneath the HTTP edge."""

    service: Service
    tenant: Tenant
    space: str

    async def __call__(
        self, chat: ScriptedChatModel | None, mode: str = "deep", **more: Any
    ) -> RecallResult:
        services = self.service.parts.services
        caller = Principal(tenant=self.tenant.id, key_id=new_id(), name="t", role=Role.READER)
        scope = await scope_of(services, caller, [self.space])

        def for_recall(asked: Scope) -> ScriptedChatModel:
            assert chat is not None
            assert asked == scope
            return chat

        recaller = Recaller(
            services.database, services.embedder, now, chat=for_recall if chat else None
        )
        request = RecallRequest(query=_QUESTION, mode=mode, k=5, **more)
        return await recaller.recall(scope, request)


@pytest.fixture
async def asking(service: Service, tenant: Tenant, space: str) -> Asking:
    await remember(tenant.admin, space, *_OTHERS, _STEP, _NEIGHBOUR, consolidate=False)
    return Asking(service=service, tenant=tenant, space=space)


def told(result: RecallResult) -> list[str]:
    return [hit.memory.content for hit in result.hits]


async def test_what_the_model_asks_for_is_found_and_says_so(asking: Asking) -> None:
    plain = await asking(None)
    assert _STEP not in told(plain)
    chat = ScriptedChatModel([says("practises every evening"), says(sufficient=True)])
    result = await asking(chat)
    assert _STEP in told(result)
    assert told(plain)[0] in told(result)
    assert result.degraded == ()
    [hit] = [h for h in result.hits if h.memory.content == _STEP]
    assert hit.channels["llm"].rank == 1
    assert "#1 by a question of the model's" in hit.reason
    shown = chat.asked[0].messages[-1].content
    assert _NEIGHBOUR in shown
    assert _QUESTION in shown


async def test_each_round_knows_what_was_asked_before_and_there_are_few(asking: Asking) -> None:
    chat = ScriptedChatModel([says(f"the {n}th bassoon of the evening") for n in range(9)])
    await asking(chat)
    assert 1 <= len(chat.asked) < ROUNDS
    for later in chat.asked[1:]:
        assert "0th bassoon" in later.messages[-1].content


async def test_what_suffices_ends_it(asking: Asking) -> None:
    chat = ScriptedChatModel([says("practises every evening", sufficient=True)])
    result = await asking(chat)
    assert len(chat.asked) == 1
    assert _STEP not in told(result)


@pytest.mark.parametrize("mode", ["deep", "auto"])
@pytest.mark.parametrize("failure", [BackendTimeout("late"), "Let me think."])
async def test_without_an_answer_of_it_the_rules_answer(
    asking: Asking, mode: str, failure: Reply
) -> None:
    plain = await asking(None, mode)
    chat = ScriptedChatModel([failure] * 9)
    result = await asking(chat, mode)
    assert told(result) == told(plain)
    assert len(chat.asked) == 1
    assert result.degraded == ("llm",)


@pytest.mark.parametrize("more", [{"mode": "fast"}, {"without": frozenset({"llm"})}])
async def test_where_it_is_not_wanted_it_is_not_asked(asking: Asking, more: dict[str, Any]) -> None:
    chat = ScriptedChatModel()
    result = await asking(chat, **more)
    assert (chat.asked, result.degraded) == ([], ())


async def test_what_it_asks_for_stays_in_the_scope_and_the_filters(
    service: Service, asking: Asking
) -> None:
    other = await service.tenant()
    await write(other.admin, asking.space, "he practises the trombone every evening")
    await write(asking.tenant.admin, "elsewhere", "he practises the tuba every evening")
    replies = [says("practises every evening", "trombone tuba"), says(sufficient=True)]
    found = told(await asking(ScriptedChatModel(replies)))
    assert not [text for text in found if "trombone" in text or "tuba" in text]
    limits = Filter(recalled=True, speaker="nobody")
    assert told(await asking(ScriptedChatModel(replies), limits=limits)) == []


async def test_no_connection_is_held_while_it_thinks(asking: Asking) -> None:
    database = asking.service.parts.services.database
    seen: list[int] = []

    async def look(_: Sequence[Message]) -> Reply:
        await asyncio.sleep(0)
        seen.append(database.pool_in_use)
        return says(sufficient=True)

    # The worker of the shared service may be at what other tests left it.
    for _ in range(40):
        await asking(ScriptedChatModel(look))
        if 0 in seen:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"a connection was held each time: {seen}")
