"""Keeps knowing what the chat server can do: looks at the start, and whenever it was away."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from llm_backend.chat_http import HttpChatModel
from llm_backend.errors import BackendError

_LONGEST_PAUSE_S = 60.0


class Watch:
    """One task, which sends nothing as long as the server answers those who ask it."""

    def __init__(self, chat: HttpChatModel, *, pause_s: float = 2.0) -> None:
        self._chat = chat
        self._pause_s = pause_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the background."""
        self._task = asyncio.create_task(self._run(), name="chat-server")

    async def stop(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        """While the server stays away, looks become rarer, down to one a minute."""
        pause = self._pause_s
        while True:
            if self._chat.abilities is not None:
                pause = self._pause_s
            else:
                pause = min(2 * pause, _LONGEST_PAUSE_S)
                with suppress(BackendError):
                    await self._chat.look()
            await asyncio.sleep(pause)
