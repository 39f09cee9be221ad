"""One thread owns the model; every caller shares its forward passes, queries before documents."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from threading import Condition, Thread

import numpy as np

from llm_backend.errors import BackendError, BackendUnavailable, MalformedReply
from llm_backend.passes import Call, PassQueue, Slot
from llm_backend.protocols import EmbedderStats, EmbeddingBackend, EmbeddingModel, Vectors

_LONGEST_RETRY_S = 60.0
#: A pass ends in far less; a load may not, and then the daemon thread ends with the process.
_CLOSE_WAIT_S = 10.0


class BatchingEmbedder:
    """The Embedder of the service, over any EmbeddingBackend. May be used from several loops."""

    def __init__(
        self, backend: EmbeddingBackend, *, max_batch: int = 32, first_retry_s: float = 1.0
    ) -> None:
        self._backend = backend
        self._queue = PassQueue(max_batch)
        #: Guards the queue and what decides whether a call may join it.
        self._wake = Condition()
        self._thread: Thread | None = None
        self._closing = False
        self._ready = False
        self._failure: BackendError | None = None
        self._first_retry_s = first_retry_s
        self._pause_s = first_retry_s
        self._retry_at = 0.0
        self._stats = EmbedderStats()

    @property
    def model(self) -> EmbeddingModel:
        """Known at once, also while the model loads."""
        return self._backend.model

    @property
    def ready(self) -> bool:
        """Whether the model is loaded; before that, callers wait."""
        return self._ready

    @property
    def failure(self) -> BackendError | None:
        """Why the model could not be loaded, until it could."""
        return self._failure

    @property
    def stats(self) -> EmbedderStats:
        """Counters for metrics."""
        return self._stats

    def start(self) -> None:
        """Begin to load, in the background; again is harmless."""
        with self._wake:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="embedder", daemon=True)
                self._thread.start()

    async def close(self) -> None:
        """Stop after the pass under way; whoever still waits gets BackendUnavailable."""
        with self._wake:
            self._closing = True
            waiting = self._queue.clear()
            self._wake.notify()
        for call in waiting:
            call.fail(BackendUnavailable("the embedding model is shutting down"))
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, _CLOSE_WAIT_S)

    async def embed_query(self, text: str) -> Vectors:
        """One vector, ahead of all waiting documents."""
        call = Call([text], self.model.dimensions)
        with self._wake:
            self._check_open()
            self._queue.add_query(call)
            self._wake.notify()
        vectors = await asyncio.wrap_future(call.future)
        return np.asarray(vectors[0])

    async def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """One vector per text, in their order."""
        call = Call(texts, self.model.dimensions)
        if not texts:
            return np.empty((0, self.model.dimensions), dtype=np.float32)
        with self._wake:
            self._check_open()
            self._queue.add_documents(call)
            self._wake.notify()
        return await asyncio.wrap_future(call.future)

    def _check_open(self) -> None:
        if self._thread is None or self._closing:
            raise BackendUnavailable("the embedding model is not running")
        if self._failure is not None and time.monotonic() < self._retry_at:
            raise _copy(self._failure) from self._failure

    def _run(self) -> None:
        self._load()
        while self._wait_for_work():
            if self._ready or self._load():
                self._serve()
        self._backend.close()

    def _wait_for_work(self) -> bool:
        with self._wake:
            self._wake.wait_for(lambda: self._closing or self._queue)
            return not self._closing

    def _load(self) -> bool:
        try:
            self._backend.load()
        except BackendError as error:
            self._load_failed(error)
        except Exception as error:  # noqa: BLE001 - this thread must outlive any fault of a library
            self._load_failed(BackendUnavailable(f"the model cannot be loaded: {error!r}"))
        else:
            self._ready, self._failure = True, None
        return self._ready

    def _load_failed(self, error: BackendError) -> None:
        """Who waits is told; who comes later is told too, until it is time to try again."""
        with self._wake:
            self._failure = error
            self._retry_at = time.monotonic() + self._pause_s
            self._pause_s = min(2 * self._pause_s, _LONGEST_RETRY_S)
            waiting = self._queue.clear()
        for call in waiting:
            call.fail(_copy(error))

    def _serve(self) -> None:
        with self._wake:
            slots = self._queue.next_pass()
        if not slots:
            return
        try:
            vectors = self._forward([slot.text for slot in slots])
        except Exception as error:  # noqa: BLE001 - it is the callers' error, not this thread's
            self._fail(slots, error)
            return
        for slot, vector in zip(slots, vectors, strict=True):
            slot.call.put(slot.position, vector)

    def _fail(self, slots: list[Slot], error: Exception) -> None:
        """One text that is refused must not take along those that share its pass."""
        if len(slots) == 1 or getattr(error, "retryable", True):
            _fail(slots, error)
            return
        for slot in slots:
            try:
                vectors = self._forward([slot.text])
            except Exception as own:  # noqa: BLE001 - likewise
                _fail([slot], own)
            else:
                slot.call.put(slot.position, vectors[0])

    def _forward(self, texts: list[str]) -> Vectors:
        began = time.perf_counter()
        vectors = self._backend.encode(texts)
        self._count(len(texts), time.perf_counter() - began)
        if vectors.shape != (len(texts), self.model.dimensions):
            raise MalformedReply(f"{len(texts)} texts became vectors of shape {vectors.shape}")
        return vectors

    def _count(self, texts: int, seconds: float) -> None:
        self._stats = EmbedderStats(
            texts=self._stats.texts + texts,
            passes=self._stats.passes + 1,
            model_seconds=self._stats.model_seconds + seconds,
        )


def _fail(slots: list[Slot], error: Exception) -> None:
    for slot in slots:
        slot.call.fail(error)


def _copy(error: BackendError) -> BackendError:
    """Raised once per caller: a shared exception would gather every caller's traceback."""
    return type(error)(error.detail)
