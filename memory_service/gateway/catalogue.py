"""Which models callers may name: base models that the server lists, and the configured one."""

from __future__ import annotations

import asyncio
import time

from llm_backend.errors import BackendError
from llm_backend.proxy import ChatProxy, ServedModel
from memory_service.gateway.errors import UnknownModel
from memory_service.telemetry import logger
from memory_service.verbs.errors import Malformed

#: Seconds for which a list is believed, and after which one that could not be had is tried again.
_BELIEVED_S, _AGAIN_S = 30.0, 5.0
_VLLM = "vllm"


class Catalogue:
    """What the model server offers to everybody.

    A server may take a path, or the adapter of somebody else, for a model's name; so no name
    reaches it that is not on this list. Adapters are not: they hold what one tenant knows.
    """

    def __init__(self, proxy: ChatProxy, default: str, *, salted: bool | None) -> None:
        self._proxy = proxy
        self._default = default
        self._salted = salted
        self._listed: dict[str, ServedModel] = {}
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def models(self) -> tuple[ServedModel, ...]:
        """All of them, the configured one first; that one alone while the server lists none."""
        await self._refresh()
        default = self._listed.get(self._default, ServedModel(id=self._default))
        others = (model for model in self._listed.values() if model.id != self._default)
        return (default, *others)

    async def check(self, name: object) -> str:
        """The model to ask. Raises Malformed, UnknownModel."""
        await self._refresh()
        if name is None:
            return self._default
        if not isinstance(name, str):
            raise Malformed("the name of a model is a text", pointer="/model")
        if name != self._default and name not in self._listed:
            raise UnknownModel("there is no such model: see GET /v1/models", pointer="/model")
        return name

    @property
    def salted(self) -> bool:
        """Whether requests carry a salt for the server's cache; vLLM understands one."""
        if self._salted is not None:
            return self._salted
        return any(model.owned_by == _VLLM for model in self._listed.values())

    async def _refresh(self) -> None:
        if time.monotonic() < self._until:
            return
        async with self._asking:
            if time.monotonic() < self._until:
                return
            try:
                listed = await self._proxy.models()
            except BackendError as error:
                # What was offered a while ago most likely still is.
                logger().warning("models-not-listed", detail=str(error))
                self._until = time.monotonic() + _AGAIN_S
                return
            self._listed = {model.id: model for model in listed if model.parent is None}
            self._until = time.monotonic() + _BELIEVED_S
