"""Callers share passes, queries go first, and nobody's fault is another's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from threading import Event

import numpy as np
import pytest

from llm_backend.batching import BatchingEmbedder
from llm_backend.errors import (
    BackendUnavailable,
    MalformedReply,
    ModelCorrupt,
    RequestRefused,
)
from llm_backend.hashing import HashBackend
from llm_backend.protocols import EmbeddingModel, Vectors


class Recorder:
    """Hash vectors; keeps every pass, and holds each one back until the gate is open."""

    model = EmbeddingModel(name="recorder", dimensions=16)

    def __init__(self) -> None:
        self.passes: list[list[str]] = []
        self.gate = Event()
        self.gate.set()
        self.entered = Event()
        self.load_faults: list[Exception] = []
        self.closed = False
        self._hash = HashBackend(dimensions=16)

    def load(self) -> None:
        if self.load_faults:
            raise self.load_faults.pop(0)

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.passes.append(list(texts))
        self.entered.set()
        assert self.gate.wait(10)
        if "refused" in texts:
            raise RequestRefused("refused")
        if "poison" in texts:
            raise ValueError("poison")
        if "short" in texts:
            return self._hash.encode(texts)[1:]
        return self._hash.encode(texts)

    def close(self) -> None:
        self.closed = True


@asynccontextmanager
async def running(backend: Recorder, max_batch: int = 4) -> AsyncIterator[BatchingEmbedder]:
    embedder = BatchingEmbedder(backend, max_batch=max_batch, first_retry_s=0.05)
    embedder.start()
    try:
        yield embedder
    finally:
        backend.gate.set()
        await embedder.close()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is awaited happens in another thread
            await asyncio.sleep(0.002)


async def behind_a_pass(backend: Recorder, embedder: BatchingEmbedder) -> asyncio.Task[Vectors]:
    """A query whose pass is held back, so that what comes next has to queue."""
    backend.gate.clear()
    first = asyncio.create_task(embedder.embed_query("first"))
    await until(backend.entered.is_set)
    return first


async def test_concurrent_queries_share_a_pass() -> None:
    backend = Recorder()
    async with running(backend) as embedder:
        first = await behind_a_pass(backend, embedder)
        others = [asyncio.create_task(embedder.embed_query(f"q{i}")) for i in range(4)]
        await asyncio.sleep(0.02)
        backend.gate.set()
        await asyncio.gather(first, *others)
    assert backend.passes == [["first"], ["q0", "q1", "q2", "q3"]]


async def test_a_query_waits_for_one_document_pass_at_most() -> None:
    backend = Recorder()
    async with running(backend) as embedder:
        backend.gate.clear()
        bulk = asyncio.create_task(embedder.embed_documents([f"document {i}" for i in range(40)]))
        await until(backend.entered.is_set)
        query = asyncio.create_task(embedder.embed_query("now"))
        await asyncio.sleep(0.02)
        backend.gate.set()
        await asyncio.gather(bulk, query)
    assert backend.passes[1] == ["now"]
    assert len(backend.passes) == 11


async def test_documents_of_several_callers_share_passes_and_keep_their_order() -> None:
    backend = Recorder()
    calls = [["a", "a much longer one", "bb"], ["another long one", "c"]]
    async with running(backend, max_batch=8) as embedder:
        first = await behind_a_pass(backend, embedder)
        tasks = [asyncio.create_task(embedder.embed_documents(texts)) for texts in calls]
        await asyncio.sleep(0.02)
        backend.gate.set()
        _, *answers = await asyncio.gather(first, *tasks)
    assert len(backend.passes) == 2
    for texts, vectors in zip(calls, answers, strict=True):
        np.testing.assert_array_equal(vectors, HashBackend(dimensions=16).encode(texts))


async def test_texts_of_like_length_share_a_pass() -> None:
    backend = Recorder()
    async with running(backend, max_batch=2) as embedder:
        await embedder.embed_documents(["x", "x" * 50, "y", "y" * 50])
    assert [sorted(map(len, texts)) for texts in backend.passes] == [[50, 50], [1, 1]]


async def test_long_texts_make_small_passes() -> None:
    backend = Recorder()
    async with running(backend, max_batch=8) as embedder:
        await embedder.embed_documents(["x" * 4_000] * 4 + ["y" * 20_000])
    assert [len(texts) for texts in backend.passes] == [1, 2, 2]


async def test_a_small_call_does_not_wait_for_a_large_one() -> None:
    backend = Recorder()
    async with running(backend) as embedder:
        backend.gate.clear()
        bulk = asyncio.create_task(embedder.embed_documents([f"bulk {i:04}" for i in range(400)]))
        await until(backend.entered.is_set)
        small = asyncio.create_task(embedder.embed_documents(["small"]))
        await asyncio.sleep(0.02)
        backend.gate.set()
        await asyncio.gather(bulk, small)
    number = next(i for i, texts in enumerate(backend.passes) if "small" in texts)
    assert number < 10
    assert len(backend.passes) > 100


async def test_a_cancelled_caller_leaves_the_others_alone() -> None:
    backend = Recorder()
    async with running(backend) as embedder:
        first = await behind_a_pass(backend, embedder)
        gone = asyncio.create_task(embedder.embed_query("gone"))
        stays = asyncio.create_task(embedder.embed_query("stays"))
        await asyncio.sleep(0.02)
        first.cancel()
        gone.cancel()
        await asyncio.sleep(0.02)
        backend.gate.set()
        assert (await stays).shape == (16,)
    assert backend.passes == [["first"], ["stays"]]


async def test_a_cancelled_bulk_is_not_computed_to_its_end() -> None:
    backend = Recorder()
    async with running(backend) as embedder:
        backend.gate.clear()
        bulk = asyncio.create_task(embedder.embed_documents(["text"] * 4_000))
        await until(backend.entered.is_set)
        bulk.cancel()
        await asyncio.sleep(0.02)
        backend.gate.set()
        await embedder.embed_documents(["after"])
    assert backend.passes[1:] == [["after"]]


async def test_an_error_reaches_only_the_callers_of_its_pass() -> None:
    backend = Recorder()
    async with running(backend) as embedder:
        first = await behind_a_pass(backend, embedder)
        poisoned = asyncio.create_task(embedder.embed_documents(["poison"]))
        query = asyncio.create_task(embedder.embed_query("fine"))
        await asyncio.sleep(0.02)
        backend.gate.set()
        await asyncio.gather(first, query)
        with pytest.raises(ValueError, match="poison"):
            await poisoned
        assert (await embedder.embed_documents(["fine"])).shape == (1, 16)


async def test_a_pass_of_the_wrong_shape_is_an_error() -> None:
    async with running(Recorder()) as embedder:
        with pytest.raises(MalformedReply):
            await embedder.embed_documents(["short", "other"])
        assert (await embedder.embed_query("fine")).shape == (16,)


async def test_close_fails_the_waiting_and_ends_the_thread() -> None:
    backend = Recorder()
    embedder = BatchingEmbedder(backend, max_batch=4)
    embedder.start()
    first = await behind_a_pass(backend, embedder)
    waiting = asyncio.create_task(embedder.embed_documents(["waiting"] * 9))
    await asyncio.sleep(0.02)
    closing = asyncio.create_task(embedder.close())
    with pytest.raises(BackendUnavailable):
        await waiting
    backend.gate.set()
    await closing
    assert (await first).shape == (16,)
    assert backend.closed
    with pytest.raises(BackendUnavailable):
        await embedder.embed_query("late")


async def test_callers_wait_for_the_model_to_load() -> None:
    backend = Recorder()
    async with running(backend) as embedder:
        assert (await embedder.embed_query("early")).shape == (16,)
        assert embedder.ready
        assert embedder.failure is None


async def test_a_failed_load_is_told_and_tried_again_later() -> None:
    backend = Recorder()
    backend.load_faults = [ModelCorrupt("bad"), RuntimeError("library")]
    async with running(backend) as embedder:
        await until(lambda: embedder.failure)
        with pytest.raises(ModelCorrupt, match="bad"):
            await embedder.embed_query("too early")
        await asyncio.sleep(0.06)
        with pytest.raises(BackendUnavailable, match="library"):
            await embedder.embed_query("tries again")
        await asyncio.sleep(0.12)
        assert (await embedder.embed_query("and again")).shape == (16,)
        assert embedder.ready
        assert embedder.failure is None


async def test_counters_count() -> None:
    async with running(Recorder()) as embedder:
        await embedder.embed_documents(["a"] * 6)
        await embedder.embed_query("b")
        assert (embedder.stats.texts, embedder.stats.passes) == (7, 3)
        assert embedder.stats.model_seconds > 0


async def test_no_documents_need_no_model() -> None:
    embedder = BatchingEmbedder(Recorder())
    assert (await embedder.embed_documents([])).shape == (0, 16)


async def test_an_embedder_that_was_not_started_says_so() -> None:
    with pytest.raises(BackendUnavailable):
        await BatchingEmbedder(Recorder()).embed_query("hello")


async def test_a_refused_text_does_not_take_along_those_that_share_its_pass() -> None:
    backend = Recorder()
    async with running(backend) as embedder:
        await embedder.embed_query("ready")
        backend.gate.clear()
        backend.entered.clear()
        held = asyncio.create_task(embedder.embed_documents(["first"]))
        await asyncio.to_thread(backend.entered.wait, 10)
        guilty = asyncio.create_task(embedder.embed_documents(["refused"]))
        innocent = asyncio.create_task(embedder.embed_documents(["innocent"]))
        await asyncio.sleep(0.05)
        backend.gate.set()
        await held
        with pytest.raises(RequestRefused):
            await guilty
        assert (await innocent).shape == (1, 16)
