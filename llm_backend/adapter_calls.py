"""What a vLLM server is told of adapters: load this one, unload that one, what is there?"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

from llm_backend import http
from llm_backend.errors import MalformedReply

#: One of vLLM's metrics says for how many adapters there is room in a batch.
_ROOM = re.compile(rb'^vllm:lora_requests_info\{[^}]*max_lora="(\d+)"', re.MULTILINE)


class _Card(BaseModel):
    id: str
    #: The path it was loaded from.
    root: str | None = None
    #: The model that an adapter is for; models themselves have none.
    parent: str | None = None


class _Cards(BaseModel):
    data: list[_Card]


class AdapterServer:
    """The part of a vLLM server that takes adapters. Every call raises BackendError."""

    def __init__(self, *, url: str, api_key: SecretStr | None, timeout_s: float) -> None:
        self._base = url.rstrip("/")
        self._timeout_s = timeout_s
        self._client = http.client(api_key, timeout_s)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def loaded(self) -> dict[str, str]:
        """The adapters there are by name, and the path of each, in the order they were loaded."""
        url = f"{self._base}/models"
        reply = await http.get(self._client, url)
        http.check_status(url, reply.status, "")
        try:
            cards = _Cards.model_validate_json(reply.content).data
        except ValidationError as error:
            raise MalformedReply(f"{url} did not answer with a list of models") from error
        return {card.id: card.root or "" for card in cards if card.parent is not None}

    async def room(self) -> int | None:
        """How many adapters a batch has room for; None where the server does not tell."""
        reply = await http.get(self._client, f"{self._base.removesuffix('/v1')}/metrics")
        found = _ROOM.search(reply.content)
        return None if found is None else int(found[1])

    async def load(self, name: str, folder: Path | str, *, over: bool = False) -> None:
        """Load an adapter; `over` one of that name, which must be from another path."""
        more = {"load_inplace": True} if over else {}
        await self._post("load_lora_adapter", name, lora_path=str(folder), **more)

    async def unload(self, name: str) -> None:
        """Have no more requests go to it; one that is not there is as good."""
        await self._post("unload_lora_adapter", name, missing_ok=True)

    async def touch(self, names: Iterable[str]) -> None:
        """Use adapters once, so that they are not those used longest ago."""
        await asyncio.gather(*(self._use(name) for name in names))

    async def _use(self, name: str) -> None:
        url = f"{self._base}/completions"
        reply = await http.post(self._client, url, {"model": name, "prompt": "a", "max_tokens": 1})
        http.check_status(url, reply.status, name)

    async def _post(
        self, call: str, name: str, *, missing_ok: bool = False, **more: object
    ) -> None:
        url = f"{self._base}/{call}"
        body: Mapping[str, object] = {"lora_name": name, **more}
        reply = await http.post(self._client, url, body)
        if not (missing_ok and reply.status == httpx.codes.NOT_FOUND):
            http.check_status(url, reply.status, name)
