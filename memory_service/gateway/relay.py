"""An answer on its way from the model server to the caller."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Protocol

from llm_backend.errors import BackendError
from llm_backend.proxy import Upstream
from memory_service.gateway.exchange import Notes, announcement, broken_off, with_notes
from memory_service.gateway.transcript import Transcript, is_account

#: Told once what was said when an answer has ended, by itself or because the caller left.
Ended = Callable[[Transcript], None]


class Relay(Protocol):
    """What the HTTP edge sends."""

    @property
    def status(self) -> int:
        """As the model server answered."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The media type and what else there is to say beforehand."""

    def body(self) -> AsyncIterator[bytes]:
        """The answer, piece by piece; to be read once."""

    async def close(self) -> None:
        """The answer was sent, or the caller is gone. Again is harmless."""


class Plain:
    """Passes bytes on and looks at none of them."""

    def __init__(self, upstream: Upstream, headers: Mapping[str, str] | None = None) -> None:
        self._upstream = upstream
        self.status = upstream.status
        self.headers = {**upstream.headers, **(headers or {})}

    def body(self) -> AsyncIterator[bytes]:
        """The bytes as they come."""
        return _lines(self._upstream) if self._upstream.streams else self._upstream.pieces()

    async def close(self) -> None:
        """End the request."""
        await self._upstream.close()


class Document:
    """An answer in one piece, with the notes."""

    status = 200

    def __init__(self, answer: bytes, headers: Mapping[str, str], notes: Notes) -> None:
        self._answer = with_notes(answer, notes)
        self.headers = {**headers, **notes.headers}

    async def body(self) -> AsyncIterator[bytes]:
        """The one piece."""
        yield self._answer

    async def close(self) -> None:
        """There is nothing to end."""


class Stream:
    """A stream of events, with the notes in front, that listens to what is said."""

    status = 200

    def __init__(
        self, upstream: Upstream, notes: Notes, ended: Ended, *, hides_account: bool = False
    ) -> None:
        self._upstream = upstream
        self._hides_account = hides_account
        #: Whether the line before was hidden, and with it the blank one behind it.
        self._hid = False
        self._notes = notes
        self._ended: Ended | None = ended
        self._transcript = Transcript()
        self._announced = False
        self.headers = {**upstream.headers, **notes.headers}

    async def body(self) -> AsyncIterator[bytes]:
        """The events, as they come."""
        async for lines in _lines(self._upstream):
            yield self._listened(lines)

    async def close(self) -> None:
        """Hand over what was said, also where the caller left in the middle."""
        self._end()
        await self._upstream.close()

    def _end(self) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(self._transcript)

    def _listened(self, lines: bytes) -> bytes:
        for line in lines.splitlines():
            self._transcript.line(line)
        if self._transcript.done:
            # Before the caller learns of the end: from then on the exchange is being written.
            self._end()
        lines = b"".join(line for line in lines.splitlines(keepends=True) if self._shows(line))
        if self._announced or not self._transcript.head:
            return lines
        self._announced = True
        return announcement(self._transcript.head, self._notes) + lines

    def _shows(self, line: bytes) -> bool:
        blank = self._hid and not line.strip()
        self._hid = self._hides_account and is_account(line)
        return not (blank or self._hid)


async def _lines(upstream: Upstream) -> AsyncIterator[bytes]:
    """Whole lines as they come. Half of one is held back, so that an error can follow."""
    held = b""
    try:
        async for piece in upstream.pieces():
            lines, newline, held = (held + piece).rpartition(b"\n")
            if newline:
                yield lines + newline
        if held:
            yield held
    except BackendError as error:
        yield broken_off(error.code, str(error))
