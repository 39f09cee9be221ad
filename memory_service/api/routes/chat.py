"""The OpenAI-compatible chat gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from memory_service.api.deps import PrincipalDep, get_parts
from memory_service.api.schemas.chat import (
    ChatIn,
    ChatModelOut,
    ChatModelsOut,
    MemoryNotes,
    MemoryOptions,
)
from memory_service.gateway import document
from memory_service.gateway.chat import Gateway
from memory_service.gateway.document import Document
from memory_service.gateway.options import Options
from memory_service.gateway.relay import Relay
from memory_service.verbs.errors import Malformed
from memory_service.wiring import Parts

router = APIRouter(prefix="/v1", tags=["chat"])

#: The document describes requests; the body itself is read as bytes, to go through as it came.
_DESCRIBED: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {**ChatIn.model_json_schema(), "additionalProperties": True}
            }
        },
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The model server's answer; with memory options also what was recalled.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"memory": MemoryNotes.model_json_schema()},
                }
            },
            "text/event-stream": {"schema": {"type": "string"}},
        },
    }
}


def get_gateway(parts: Annotated[Parts, Depends(get_parts)]) -> Gateway:
    """What chats go through."""
    return parts.gateway


GatewayDep = Annotated[Gateway, Depends(get_gateway)]


async def get_document(request: Request) -> Document:
    """The body, whose parts can be passed on byte for byte. Raises Malformed."""
    return document.parse(await request.body())


#: What proxies note of a caller that did not wait; nobody reads it.
_GONE = 499


class _Relayed(StreamingResponse):
    """Sends an answer, and lets go of it however that ends."""

    def __init__(self, relay: Relay) -> None:
        super().__init__(relay.body(), relay.status, {**relay.headers, "cache-control": "no-store"})
        self._relay = relay

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._relay.close()


@router.post(
    "/chat/completions",
    response_class=StreamingResponse,
    responses=_ANSWERS,
    openapi_extra=_DESCRIBED,
)
async def complete_chat(
    request: Request,
    gateway: GatewayDep,
    principal: PrincipalDep,
    body: Annotated[Document, Depends(get_document)],
    x_memory_space: Annotated[
        str | None, Header(description="The space, in place of `memory.space`.")
    ] = None,
) -> Response:
    """OpenAI's chat completions, by the model server, with what the memory knows.

    Without `memory` and without the header it is a plain proxy.
    """
    asking = gateway.chat(principal, body, _options(body, x_memory_space))
    relay = await _while_there(request, asking)
    return Response(status_code=_GONE) if relay is None else _Relayed(relay)


@router.get("/models")
async def list_models(gateway: GatewayDep, _: PrincipalDep) -> ChatModelsOut:
    """The models that a chat request may name, as OpenAI lists them."""
    return ChatModelsOut(
        object="list",
        data=[
            ChatModelOut(id=m.id, object="model", created=m.created, owned_by=m.owned_by)
            for m in await gateway.models()
        ],
    )


async def _while_there(request: Request, asking: Coroutine[Any, Any, Relay]) -> Relay | None:
    """The answer, or None where the caller left before it began: then nobody is asked any more."""
    answer = asyncio.create_task(asking)
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait({answer, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        answer.cancel()
        [ended] = await asyncio.gather(answer, return_exceptions=True)
        if not isinstance(ended, BaseException):
            await ended.close()
        return None
    finally:
        answer.cancel()
        leaving.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _options(body: Document, header: str | None) -> Options | None:
    """What is asked of the memory; None where it has no part. Raises RequestValidationError."""
    given = body.get("memory")
    if header is None and given is None:
        return None
    if given is not None and not isinstance(given, dict):
        raise Malformed("the options of the memory are an object", pointer="/memory")
    asked = {} if header is None else {"space": header}
    asked.update(given or {})
    if header is not None and asked["space"] != header:
        raise Malformed("the header X-Memory-Space names another space", pointer="/memory/space")
    try:
        return MemoryOptions.model_validate(asked).options()
    except ValidationError as error:
        told = [{**e, "loc": ("body", "memory", *e["loc"])} for e in error.errors()]
        raise RequestValidationError(told) from error
