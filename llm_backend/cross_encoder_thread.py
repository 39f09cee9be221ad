"""One thread owns a cross-encoder: it loads there, and scores there, one question at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Event, Thread

import numpy as np

from llm_backend.errors import BackendError, BackendTimeout, BackendUnavailable, MalformedReply
from llm_backend.protocols import CrossEncoderBackend, Scores

#: Texts of one forward pass. Between two it is seen whether anybody still waits.
_PASS = 8
_LONGEST_RETRY_S = 60.0
#: A pass ends in far less; a load may not, and then the daemon thread ends with the process.
_CLOSE_WAIT_S = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    question: str
    texts: Sequence[str]
    answer: Future[Scores] = field(default_factory=Future)


class ThreadedCrossEncoder:
    """The CrossEncoder of the service, over a backend that blocks."""

    def __init__(
        self, backend: CrossEncoderBackend, *, timeout_s: float, first_retry_s: float = 1.0
    ) -> None:
        self._backend = backend
        self._timeout_s = timeout_s
        self._first_retry_s = first_retry_s
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._closing = Event()
        self._ready = False
        self._failure: BackendError | None = None

    @property
    def name(self) -> str:
        """Known at once, also while the model loads."""
        return self._backend.name

    @property
    def ready(self) -> bool:
        """Whether the model is loaded; before that, `score` raises at once."""
        return self._ready and not self._closing.is_set()

    @property
    def failure(self) -> BackendError | None:
        """Why the model could not be loaded, until it could."""
        return self._failure

    def start(self) -> None:
        """Begin to load, in the background; again is harmless."""
        if self._thread is None:
            self._thread = Thread(target=self._run, name="cross-encoder", daemon=True)
            self._thread.start()

    async def close(self) -> None:
        """Stop after the pass under way; whoever still waits gets BackendUnavailable."""
        self._closing.set()
        self._calls.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, _CLOSE_WAIT_S)

    async def score(self, question: str, texts: Sequence[str]) -> Scores:
        """One number a text. Raises BackendError, BackendTimeout when it takes too long."""
        if not self.ready:
            raise BackendUnavailable(f"{self.name} is not ready: {self._failure or 'loading'}")
        call = _Call(question, tuple(texts))
        self._calls.put(call)
        try:
            # A call that is cancelled is not begun, or left after the pass under way.
            return await asyncio.wait_for(asyncio.wrap_future(call.answer), self._timeout_s)
        except TimeoutError as error:
            raise BackendTimeout(f"{self.name} did not answer in time") from error

    def _run(self) -> None:
        pause = self._first_retry_s
        while not self._load():
            if self._closing.wait(pause):
                return
            pause = min(2 * pause, _LONGEST_RETRY_S)
        while (call := self._calls.get()) is not None:
            self._answer(call)
        self._backend.close()

    def _load(self) -> bool:
        try:
            self._backend.load()
        except BackendError as error:
            self._failure = error
        except Exception as error:  # noqa: BLE001 - this thread must outlive any fault of a library
            self._failure = BackendUnavailable(f"the model cannot be loaded: {error!r}")
        else:
            self._ready, self._failure = True, None
        return self._ready

    def _answer(self, call: _Call) -> None:
        """Whoever gave up in the meantime is told nothing."""
        with suppress(InvalidStateError):
            try:
                scores = self._score(call)
            except BackendError as error:
                call.answer.set_exception(error)
            except Exception as error:  # noqa: BLE001 - likewise
                call.answer.set_exception(BackendUnavailable(f"{self.name} failed: {error!r}"))
            else:
                call.answer.set_result(scores)

    def _score(self, call: _Call) -> Scores:
        scores: Scores = np.zeros(len(call.texts))
        for places in _passes(call.texts):
            if call.answer.cancelled():
                return scores
            if self._closing.is_set():
                raise BackendUnavailable("the cross-encoder is shutting down")
            found = self._backend.score(call.question, [call.texts[place] for place in places])
            if found.shape != (len(places),) or not np.isfinite(found).all():
                raise MalformedReply(f"{self.name} did not make one number a text")
            scores[places] = found
        return scores


def _passes(texts: Sequence[str]) -> Iterator[list[int]]:
    """Texts of like length share a pass, since all are padded to the longest."""
    ordered = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    for start in range(0, len(ordered), _PASS):
        yield ordered[start : start + _PASS]
