"""Which adapter answers a space's requests, if any, and the model by itself where that fails."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from hashlib import sha256

from consolidation.distill.naming import weights_of
from llm_backend.adapters import AdapterShelf, Weights
from llm_backend.errors import BackendError
from llm_backend.proxy import ChatProxy, Upstream
from memory_service.gateway.document import Document as Body
from memory_service.gateway.exchange import ADAPTER, DEGRADED
from memory_service.telemetry import logger
from stores import parametric
from stores.artifacts import Artifacts
from stores.database import Database
from stores.errors import StoreBusy, StoreUnavailable
from stores.ids import TenantId
from stores.parametric import AdapterRow, Serving
from stores.records import Space

_MISSING = 404


def chosen(serving: Serving, conversation: str) -> AdapterRow | None:
    """The adapter for a conversation, all of it: the shadow for its share of them. Pure."""
    shadow = serving.shadow
    if shadow is not None and _draw(shadow, conversation) < shadow.share:
        return shadow
    return serving.active


def _draw(adapter: AdapterRow, conversation: str) -> float:
    """A number in [0, 1) that looks drawn, and is the same for the same conversation."""
    drawn = sha256(adapter.id.bytes + conversation.encode()).digest()
    return int.from_bytes(drawn[:6], "big") / 2**48


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """A request of a space, and the conversation it belongs to."""

    tenant: TenantId
    home: Space | None
    conversation: str
    body: Body


class Adapting:
    """Sends requests to the adapter of their space. Only the `base` has adapters."""

    def __init__(
        self, database: Database, proxy: ChatProxy, shelf: AdapterShelf, artifacts: Artifacts,
        *, base: str,
    ) -> None:  # fmt: skip
        self._database = database
        self._proxy = proxy
        self._shelf = shelf
        self._artifacts = artifacts
        self._base = base

    async def chat(self, asking: Asking) -> Upstream:
        """The answer as it begins: of the adapter, or of the model alone. Raises BackendError."""
        adapter = await self._find(asking)
        if adapter is None:
            return await self._proxy.chat(asking.body.render().encode())
        upstream = await self._asked(adapter, asking.body)
        if upstream is None:
            upstream = await self._proxy.chat(asking.body.render().encode())
            upstream.headers[DEGRADED] = "adapter"
            return upstream
        upstream.headers[ADAPTER] = str(adapter.id)
        return upstream

    async def _find(self, asking: Asking) -> AdapterRow | None:
        if asking.home is None or _model_of(asking.body) != self._base:
            return None
        try:
            async with self._database.single(asking.tenant) as session:
                serving = await parametric.serving(session, asking.home.id)
        except (StoreUnavailable, StoreBusy):
            return None
        return chosen(serving, asking.conversation)

    async def _asked(self, adapter: AdapterRow, body: Body) -> Upstream | None:
        """The adapter's answer; None where it cannot be loaded, or the server loses it again."""
        for _ in range(2):
            try:
                weights = weights_of(self._artifacts, adapter)
                await self._shelf.take(weights)
            except BackendError as error:
                logger().warning("adapter-not-served", adapter=str(adapter.id), detail=str(error))
                return None
            upstream = await self._held(weights, body.with_raw("model", json.dumps(weights.name)))
            if upstream.status != _MISSING:
                return upstream
            # The server was started anew, or somebody else made room there.
            await upstream.close()
            self._shelf.distrust()
        return None

    async def _held(self, weights: Weights, body: Body) -> Upstream:
        """The answer, until the end of which the adapter stays loaded. Raises BackendError."""
        try:
            upstream = await self._proxy.chat(body.render().encode())
        except BackendError:
            # It may come back without any adapters.
            self._shelf.distrust()
            self._shelf.give_back(weights)
            raise
        except asyncio.CancelledError:
            self._shelf.give_back(weights)
            raise
        upstream.when_closed(lambda: self._shelf.give_back(weights))
        return upstream


def _model_of(body: Body) -> str:
    return str(json.loads(body.members["model"].raw))
