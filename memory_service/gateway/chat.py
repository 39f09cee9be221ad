"""Chat with a memory: recall, inject, forward, remember."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from hashlib import sha256

from llm_backend.errors import BackendError, BackendUnavailable
from llm_backend.proxy import ChatProxy, ServedModel, Upstream
from memory_service.auth import Principal, Role
from memory_service.gateway import conversation as talk
from memory_service.gateway.catalogue import Catalogue
from memory_service.gateway.conversation import Conversation
from memory_service.gateway.document import Document as Body
from memory_service.gateway.document import parse_array
from memory_service.gateway.exchange import Exchange, Notes
from memory_service.gateway.keeping import Keeper, Kept
from memory_service.gateway.options import Options
from memory_service.gateway.relay import Document, Plain, Relay, Stream
from memory_service.gateway.transcript import Transcript
from memory_service.verbs.errors import Malformed
from memory_service.verbs.recall import Context, context
from memory_service.verbs.services import Services
from retrieval.recall import RecallRequest
from stores.errors import SpaceNotFound, StoreBusy, StoreUnavailable
from stores.ids import TenantId

#: A recall that takes longer is left out; the model is asked all the same.
_PATIENCE_S = 3.0
_MOST_CANDIDATES = 100
_OK = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """The model server and what it offers."""

    proxy: ChatProxy
    catalogue: Catalogue


class Gateway:
    """Between callers and the model server."""

    def __init__(self, services: Services, server: Server | None) -> None:
        self._services = services
        self._server = server
        self.keeper = Keeper(services)

    async def close(self) -> None:
        """Finish what is being remembered, then let go of the server."""
        await self.keeper.close()
        if self._server is not None:
            await self._server.proxy.close()

    async def models(self) -> tuple[ServedModel, ...]:
        """What callers may name. Raises BackendUnavailable where no server is configured."""
        return await self._needed().catalogue.models()

    async def chat(self, principal: Principal, body: Body, options: Options | None) -> Relay:
        """The model's answer, as soon as it begins; without options, nothing else happens.

        Raises NotPermitted, Malformed, SpaceNotFound, UnknownModel, BackendError.
        """
        if options is not None:
            _permit(principal, options)
        server = self._needed()
        body = await _prepared(server, principal.tenant, body)
        if options is None:
            return Plain(await server.proxy.chat(body.render().encode()))
        return await self._with_memory(server, principal, body, options)

    async def _with_memory(
        self, server: Server, principal: Principal, body: Body, options: Options
    ) -> Relay:
        if not isinstance(body.get("messages"), list):
            raise Malformed("the messages are a list", pointer="/messages")
        messages = parse_array(body.members["messages"].raw)
        said = talk.read(messages, session_id=options.session_id, user=body.get("user"))
        notes = await self._recalled(principal, said, options)
        found = notes.context
        if found is not None and found.packed.text and options.inject and said.asks_at is not None:
            told = talk.with_context(messages, said.asks_at, found.packed.text)
            body = body.with_raw("messages", told)
        exchange = Exchange(
            options=options,
            conversation=said,
            asked_at=self._services.clock(),
            most_chars=self._services.limits.content_chars,
            most_turns=self._services.limits.batch,
        )
        kept = self._keep_question(principal, exchange)
        upstream = await server.proxy.chat(body.render().encode())
        return await self._answered(principal, exchange, kept, notes, upstream)

    async def _recalled(self, principal: Principal, said: Conversation, options: Options) -> Notes:
        """What the memory has on the question; a memory that is away is no reason not to answer."""
        notes = Notes(session_id=said.session_id)
        if not options.recall or said.asks_at is None:
            return notes
        seen = frozenset(turn.external_id for turn in said.turns)
        request = RecallRequest(
            query=said.question,
            k=min(options.k + len(seen), _MOST_CANDIDATES),
            mode=options.mode,
            limits=options.limits,
            recent=said.recent,
            explain=False,
        )
        try:
            async with asyncio.timeout(_PATIENCE_S):
                found = await self._context(principal, options, request, seen)
        except (StoreUnavailable, StoreBusy, BackendError, TimeoutError):
            return Notes(session_id=said.session_id, degraded=("recall",))
        return Notes(session_id=said.session_id, context=found)

    async def _context(
        self, principal: Principal, options: Options, request: RecallRequest, seen: frozenset[str]
    ) -> Context | None:
        """None for a space that is made only when its first turn is written."""
        try:
            return await context(
                self._services,
                principal,
                options.space,
                request,
                options.budget_tokens,
                seen,
                blocks=options.blocks,
            )
        except SpaceNotFound:
            if self._services.strict_spaces or not options.remember:
                raise
            return None

    def _keep_question(self, principal: Principal, exchange: Exchange) -> Kept | None:
        """Remembered while the model is asked, so also where it does not answer."""
        asked = exchange.asked() if exchange.options.remember else []
        return self.keeper.keep(principal, exchange.options.space, asked) if asked else None

    async def _answered(
        self,
        principal: Principal,
        exchange: Exchange,
        kept: Kept | None,
        notes: Notes,
        upstream: Upstream,
    ) -> Relay:
        if upstream.status != _OK:
            return Plain(upstream, notes.headers)

        def ended(transcript: Transcript) -> None:
            reply = exchange.answered(transcript, self._services.clock())
            if exchange.options.remember and reply:
                self.keeper.keep(principal, exchange.options.space, reply, after=kept)

        if upstream.streams:
            return Stream(upstream, notes, ended)
        try:
            answer = await upstream.read()
        finally:
            await upstream.close()
        transcript = Transcript()
        transcript.document(answer)
        ended(transcript)
        return Document(answer, upstream.headers, notes)

    def _needed(self) -> Server:
        if self._server is None:
            raise BackendUnavailable("no chat model is configured for this service")
        return self._server


def _permit(principal: Principal, options: Options) -> None:
    principal.require(Role.WRITER if options.remember else Role.READER)
    principal.require_spaces([options.space])


async def _prepared(server: Server, tenant: TenantId, body: Body) -> Body:
    """Without what is ours, with a model that may be asked, with the salt of the tenant."""
    model = await server.catalogue.check(body.get("model"))
    body = body.without("memory")
    if body.get("model") is None:
        body = body.with_raw("model", json.dumps(model))
    if server.catalogue.salted:
        body = body.with_raw("cache_salt", json.dumps(salt_of(tenant)))
    return body


def salt_of(tenant: TenantId) -> str:
    """Of the tenant alone: whoever could choose it could find out what others have asked."""
    return sha256(b"memory-service cache salt " + tenant.bytes).hexdigest()
