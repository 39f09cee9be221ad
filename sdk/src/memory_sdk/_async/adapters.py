"""The adapters of a space: memories as the weights of a model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

from memory_sdk._adapter_answers import Adapter, AdapterBuild
from memory_sdk._answers import Page
from memory_sdk._async.http import AsyncHttp
from memory_sdk._async.pager import AsyncPager
from memory_sdk._calls import Call, ask, get, path, post, say


class AsyncAdapters:
    """Build adapters and say which one serves, as `space.adapters`. Changes need an admin's key.

    print((await space.adapters.preview()).reasons)
    built = await space.adapters.build(activate=True)
    async for adapter in space.adapters.watch(built.adapter.id):
        print(adapter.state, adapter.progress.get("loss"))
    """

    def __init__(self, http: AsyncHttp, space: str) -> None:
        self._http = http
        self._path = path("v1", "spaces", space, "adapters")

    async def preview(self) -> AdapterBuild:
        """What would be learned, and of every other memory why not."""
        return await self._http.answer(ask(self._path, {"dry_run": True}), AdapterBuild)

    async def build(self, *, alias: str = "memory", activate: bool = False) -> AdapterBuild:
        """Have an adapter built; with `activate` it serves as soon as it has passed its gate.

        Raises Conflict where nothing may be learned.
        """
        call = post(self._path, {"alias": alias, "activate": activate})
        return await self._http.answer(call, AdapterBuild)

    def list(self, *, limit: int | None = None) -> AsyncPager[Adapter]:
        """The adapters there are, newest first."""
        return AsyncPager(self._http, get(self._path, limit=limit), Page[Adapter])

    async def get(self, adapter_id: str) -> Adapter:
        """One adapter, with its manifest; raises NotFound."""
        return await self._http.answer(get(self._path + path(adapter_id)), Adapter)

    async def watch(self, adapter_id: str, *, every: float = 1.0) -> AsyncIterator[Adapter]:
        """The adapter whenever it has changed, until it is built or has failed."""
        seen: datetime | None = None
        while True:
            adapter = await self.get(adapter_id)
            if adapter.changed_at != seen:
                seen = adapter.changed_at
                yield adapter
            if adapter.state != "building":
                return
            await asyncio.sleep(every)

    async def activate(self, adapter_id: str) -> Adapter:
        """Have it serve the space; raises Conflict if it cannot."""
        call = say(self._path + path(adapter_id, "activate"), {})
        return await self._http.answer(call, Adapter)

    async def shadow(self, adapter_id: str, share: float = 0.0) -> Adapter:
        """Have it serve a share, 0..1, of the space's requests beside the active one."""
        call = say(self._path + path(adapter_id, "shadow"), {"share": share})
        return await self._http.answer(call, Adapter)

    async def rollback(self, adapter_id: str) -> Adapter:
        """Take the active adapter out of service; returns the one before, if it serves again."""
        call = post(self._path + path(adapter_id, "rollback"))
        return await self._http.answer(call, Adapter)

    async def retire(self, adapter_id: str) -> Adapter:
        """Take an adapter out of service, or give up building it."""
        call = say(self._path + path(adapter_id, "retire"), {})
        return await self._http.answer(call, Adapter)

    async def export(self, adapter_id: str) -> bytes:
        """The adapter as a ZIP file: its weights, and what is known of them."""
        response = await self._http.send(get(self._path + path(adapter_id, "export")))
        return response.content

    async def import_(self, file: bytes) -> Adapter:
        """Take in such a file, of an adapter that was trained on the same base model."""
        call = Call(
            method="POST",
            path=f"{self._path}/import",
            headers={"Content-Type": "application/zip"},
            content=_whole(file),
            patient=True,
        )
        return await self._http.answer(call, Adapter)


async def _whole(file: bytes) -> AsyncIterator[bytes]:
    yield file
