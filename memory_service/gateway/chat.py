"""Chat with a memory: recall, inject, forward, remember."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from functools import partial

from consolidation.prefix.rules import TRUST
from llm_backend.errors import BackendError, BackendUnavailable
from llm_backend.prefix_cache import PrefixCache
from llm_backend.proxy import ChatProxy, ServedModel, Upstream
from memory_service.auth import Principal, Role
from memory_service.charging import Desk, salt_of
from memory_service.gateway import conversation as talk
from memory_service.gateway import tally
from memory_service.gateway.adapting import Adapting, Asking
from memory_service.gateway.catalogue import Catalogue
from memory_service.gateway.conversation import Conversation
from memory_service.gateway.document import Document as Body
from memory_service.gateway.document import Value, parse_array
from memory_service.gateway.exchange import Exchange, Notes
from memory_service.gateway.keeping import Keeper, Kept
from memory_service.gateway.options import Options
from memory_service.gateway.relay import Document, Plain, Relay, Stream
from memory_service.gateway.transcript import Transcript
from memory_service.verbs.errors import Malformed
from memory_service.verbs.recall import Context, context
from memory_service.verbs.services import Services
from retrieval.recall import RecallRequest
from stores import prefixes, spaces
from stores.errors import SpaceNotFound, StoreBusy, StoreUnavailable
from stores.ids import TenantId
from stores.model_usage import Amount
from stores.prefixes import Prefix
from stores.records import Space
from stores.scope import AsOf

#: A recall that takes longer is left out; the model is asked all the same.
_PATIENCE_S = 3.0
_MOST_CANDIDATES = 100
_OK = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """The model server and what it offers."""

    proxy: ChatProxy
    catalogue: Catalogue
    desk: Desk
    adapting: Adapting


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What there is for an exchange: its space, if there is one yet, and what that holds."""

    notes: Notes
    home: Space | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """An exchange whose answer is awaited."""

    principal: Principal
    exchange: Exchange
    known: _Known
    #: The writing of the question, if it is remembered.
    kept: Kept | None
    model: str
    hides_account: bool


class Gateway:
    """Between callers and the model server."""

    def __init__(self, services: Services, server: Server | None) -> None:
        self._services = services
        self._server = server
        self.keeper = Keeper(services)
        #: What models were asked in all since the start.
        self.read = Amount()

    async def close(self) -> None:
        """Finish what is being remembered, then let go of the server."""
        await self.keeper.close()
        if self._server is not None:
            await self._server.proxy.close()

    async def models(self) -> tuple[ServedModel, ...]:
        """What callers may name. Raises BackendUnavailable where no server is configured."""
        return await self._needed().catalogue.models()

    async def prefix_cache(self) -> PrefixCache | None:
        """What the server found in its cache, of everybody's prompts; None if it does not tell."""
        return None if self._server is None else await self._server.proxy.prefix_cache()

    async def chat(self, principal: Principal, body: Body, options: Options | None) -> Relay:
        """The model's answer, as soon as it begins; without options, nothing else happens.

        Raises NotPermitted, Malformed, SpaceNotFound, UnknownModel, BackendError.
        """
        if options is not None:
            _permit(principal, options)
        server = self._needed()
        body = await _prepared(server, principal.tenant, body)
        if options is None:
            asking = partial(server.proxy.chat, body.render().encode())
            return Plain(await tally.ask(server.desk, principal.tenant, None, asking))
        return await self._with_memory(server, principal, body, options)

    async def _with_memory(
        self, server: Server, principal: Principal, body: Body, options: Options
    ) -> Relay:
        if not isinstance(body.get("messages"), list):
            raise Malformed("the messages are a list", pointer="/messages")
        messages = parse_array(body.members["messages"].raw)
        said = talk.read(messages, session_id=options.session_id, user=body.get("user"))
        exchange = Exchange(
            options=options,
            conversation=said,
            asked_at=self._services.clock(),
            most_chars=self._services.limits.content_chars,
            most_turns=self._services.limits.batch,
        )
        try:
            known = await self._looked_up(principal, said, options)
        except asyncio.CancelledError:
            # The caller left; what it said was said.
            self._keep_question(principal, exchange)
            raise
        metered = tally.metered(_told(body, messages, said, known, options))
        kept = self._keep_question(principal, exchange)
        wanted = Asking(
            tenant=principal.tenant, home=known.home, conversation=said.session_id,
            body=metered.body,
        )  # fmt: skip
        asking = partial(server.adapting.chat, wanted)
        upstream = await tally.ask(server.desk, principal.tenant, known.home, asking)
        known = replace(known, notes=known.notes.answered_by(upstream.headers))
        asked = _Asked(
            principal=principal, exchange=exchange, known=known, kept=kept,
            model=tally.model_of(body), hides_account=metered.hidden,
        )  # fmt: skip
        return await self._answered(server, asked, upstream)

    async def _looked_up(
        self, principal: Principal, said: Conversation, options: Options
    ) -> _Known:
        """What there is; a memory that is away is no reason not to answer."""
        home: Space | None = None
        try:
            async with asyncio.timeout(_PATIENCE_S):
                home, prefix = await self._home(principal, options)
                notes = await self._recalled(principal, said, options, prefix)
        except (StoreUnavailable, StoreBusy, BackendError, TimeoutError):
            degraded = ("recall",) if options.recall else ()
            return _Known(notes=Notes(session_id=said.session_id, degraded=degraded), home=home)
        return _Known(notes=notes, home=home)

    async def _home(
        self, principal: Principal, options: Options
    ) -> tuple[Space | None, Prefix | None]:
        """The space, and what its chats begin with, unless the past is asked for."""
        wanted = options.prefix and options.inject and options.limits.as_of == AsOf()
        async with self._services.database.read(principal.tenant) as session:
            home = (await spaces.find_spaces(session, [options.space])).get(options.space)
            if home is None or not wanted:
                return home, None
            now = self._services.clock()
            prefix = await prefixes.active(session, home.id, now, TRUST)
            return home, prefix if prefix is not None and prefix.holds else None

    async def _recalled(
        self, principal: Principal, said: Conversation, options: Options, prefix: Prefix | None
    ) -> Notes:
        """What the memory has on the question beside its prefix."""
        if said.asks_at is None:
            return Notes(session_id=said.session_id)
        notes = Notes(session_id=said.session_id, prefix=prefix)
        if not options.recall:
            return notes
        seen = frozenset(turn.external_id for turn in said.turns)
        request = RecallRequest(
            query=said.question,
            k=min(options.k + len(seen) + _members(prefix), _MOST_CANDIDATES),
            mode=options.mode,
            limits=options.limits,
            recent=said.recent,
            explain=False,
            # Who waits for the model's answer does not wait for its questions as well.
            without=frozenset({"llm"}),
        )
        found = await self._context(principal, options, request, seen, prefix)
        return replace(notes, context=found)

    async def _context(
        self,
        principal: Principal,
        options: Options,
        request: RecallRequest,
        seen: frozenset[str],
        prefix: Prefix | None,
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
                prefix=prefix,
            )
        except SpaceNotFound:
            if self._services.strict_spaces or not options.remember:
                raise
            return None

    def _keep_question(self, principal: Principal, exchange: Exchange) -> Kept | None:
        """Remembered while the model is asked, so also where it does not answer."""
        asked = exchange.asked() if exchange.options.remember else []
        return self.keeper.keep(principal, exchange.options.space, asked) if asked else None

    async def _answered(self, server: Server, asked: _Asked, upstream: Upstream) -> Relay:
        notes = asked.known.notes
        if upstream.status != _OK:
            return Plain(upstream, notes.headers)
        ended = partial(self._ended, server, asked)
        if upstream.streams:
            return Stream(upstream, notes, ended, hides_account=asked.hides_account)
        try:
            answer = await upstream.read()
        finally:
            await upstream.close()
        transcript = Transcript()
        transcript.document(answer)
        ended(transcript)
        return Document(answer, upstream.headers, notes)

    def _ended(self, server: Server, asked: _Asked, transcript: Transcript) -> None:
        """Remember the reply and charge what the exchange came to, in the background."""
        exchange, principal, kept = asked.exchange, asked.principal, asked.kept
        reply = exchange.answered(transcript, self._services.clock())
        if exchange.options.remember and reply:
            self.keeper.keep(principal, exchange.options.space, reply, after=kept)
        amount = tally.amount_of(transcript, exchange.conversation, asked.known.notes)
        self.read += amount
        note = partial(server.desk.ledger.note, purpose=tally.PURPOSE, model=asked.model)
        if asked.known.home is not None:
            note(principal.tenant, asked.known.home, new=amount)
        elif kept is not None:

            async def charge() -> None:
                """The question made its space."""
                home, _ = await self._home(principal, exchange.options)
                if home is not None:
                    note(principal.tenant, home, new=amount)

            self.keeper.later(charge, after=kept)

    def _needed(self) -> Server:
        if self._server is None:
            raise BackendUnavailable("no chat model is configured for this service")
        return self._server


def _permit(principal: Principal, options: Options) -> None:
    principal.require(Role.WRITER if options.remember else Role.READER)
    principal.require_spaces([options.space])


def _members(prefix: Prefix | None) -> int:
    return 0 if prefix is None else len(prefix.members)


def _told(
    body: Body, messages: list[Value], said: Conversation, known: _Known, options: Options
) -> Body:
    """The request with what the memory knows: what was recalled where it is asked, and the prefix
    before all that users say, where it stays while the conversation goes on."""
    found, prefix = known.notes.context, known.notes.prefix
    told = body.members["messages"].raw
    if found is not None and found.packed.text and options.inject and said.asks_at is not None:
        told = talk.with_context(messages, said.asks_at, found.packed.text)
    if prefix is not None:
        told = talk.with_prefix(parse_array(told), prefix.text)
    return body.with_raw("messages", told)


async def _prepared(server: Server, tenant: TenantId, body: Body) -> Body:
    """Without what is ours, with a model that may be asked, with the salt of the tenant."""
    model = await server.catalogue.check(body.get("model"))
    body = body.without("memory")
    if body.get("model") is None:
        body = body.with_raw("model", json.dumps(model))
    if server.catalogue.salted:
        body = body.with_raw("cache_salt", json.dumps(salt_of(tenant)))
    return body
