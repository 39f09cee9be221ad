"""What an exchange with a model came to; it is charged to its space."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from llm_backend.chat_http import HttpChatModel
from llm_backend.errors import BackendError
from llm_backend.gate import Priority
from llm_backend.proxy import Upstream
from memory_service.charging import Desk
from memory_service.gateway.conversation import Conversation
from memory_service.gateway.document import Document as Body
from memory_service.gateway.exchange import Notes
from memory_service.gateway.transcript import Transcript
from retrieval.packing import count_tokens
from stores.errors import StoreBusy, StoreUnavailable
from stores.ids import TenantId
from stores.model_usage import Amount
from stores.records import Space

#: What the account says a chat was for.
PURPOSE = "chat"
_OK = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Metered:
    """A request whose answer says what it came to."""

    body: Body
    #: Whether the caller did not ask to be told, so that it is not.
    hidden: bool


def metered(body: Body) -> Metered:
    """A stream only says so if it is asked; what is no option of OpenAI's is left to the server."""
    options = body.get("stream_options")
    asks = isinstance(options, dict) and bool(options.get("include_usage"))
    if body.get("stream") is not True or asks or not isinstance(options, dict | None):
        return Metered(body=body, hidden=False)
    wanted = json.dumps({**(options or {}), "include_usage": True})
    return Metered(body=body.with_raw("stream_options", wanted), hidden=True)


async def ask(
    desk: Desk, tenant: TenantId, home: Space | None, asking: Callable[[], Awaitable[Upstream]]
) -> Upstream:
    """The answer as it begins; until then the request has a place, ahead of all jobs.

    From then on it has none: a stream that somebody reads slowly keeps nobody waiting. Raises
    BudgetSpent, BackendError. A budget that cannot be looked up is no reason not to answer.
    """
    async with desk.gate.turn(Priority.CHAT):
        if home is not None:
            with suppress(StoreUnavailable, StoreBusy):
                await desk.ledger.check(tenant, home)
        return await _noted(desk.chat, asking)


async def _noted(chat: HttpChatModel, asking: Callable[[], Awaitable[Upstream]]) -> Upstream:
    """What a chat finds out about the server is of use to jobs, too, and the status tells it."""
    try:
        upstream = await asking()
    except BackendError as error:
        chat.failed(error)
        raise
    if upstream.status == _OK:
        chat.answered()
    return upstream


def amount_of(heard: Transcript, said: Conversation, notes: Notes) -> Amount:
    """As the server says; where it does not, or was left before, as the words are long."""
    if heard.amount is not None:
        return heard.amount
    shown = 0 if notes.context is None else notes.context.packed.tokens
    return Amount(
        requests=1,
        prompt_tokens=shown + sum(count_tokens(turn.text) for turn in said.turns),
        completion_tokens=count_tokens(heard.text),
    )


def model_of(body: Body) -> str:
    """The model that is asked."""
    return str(json.loads(body.members["model"].raw))
