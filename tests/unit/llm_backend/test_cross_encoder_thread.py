"""A cross-encoder in a thread: it loads by itself, answers in time, and forgets who gave up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Event

import numpy as np
import pytest

from llm_backend.cross_encoder_script import ScriptedCrossEncoder
from llm_backend.cross_encoder_thread import ThreadedCrossEncoder
from llm_backend.errors import (
    BackendTimeout,
    BackendUnavailable,
    MalformedReply,
    ModelNotFound,
)
from llm_backend.protocols import CrossEncoder, Scores


@dataclass
class Lengths:
    """Scores a text by its length over 100; may fail to load so often, and may be held up."""

    name: str = "lengths"
    failures: list[Exception] = field(default_factory=list)
    free: Event = field(default_factory=Event)
    passes: list[list[str]] = field(default_factory=list)
    closed: bool = False

    def __post_init__(self) -> None:
        self.free.set()

    def load(self) -> None:
        if self.failures:
            raise self.failures.pop(0)

    def score(self, question: str, texts: Sequence[str]) -> Scores:
        self.passes.append(list(texts))
        self.free.wait(5)
        if question == "broken?":
            raise ZeroDivisionError
        if question == "nothing?":
            return np.full(len(texts), np.nan)
        return np.array([len(text) / 100 for text in texts])

    def close(self) -> None:
        self.closed = True


@asynccontextmanager
async def started(backend: Lengths, timeout_s: float = 5) -> AsyncIterator[ThreadedCrossEncoder]:
    encoder = ThreadedCrossEncoder(backend, timeout_s=timeout_s, first_retry_s=0.01)
    encoder.start()
    try:
        yield encoder
    finally:
        backend.free.set()
        await encoder.close()


async def _until(done: Callable[[], object]) -> None:
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < 5
        await asyncio.sleep(0.005)


async def _until_ready(encoder: CrossEncoder) -> None:
    await _until(lambda: encoder.ready)


async def test_scores_come_in_the_order_of_the_texts() -> None:
    texts = ["x" * n for n in (5, 50, 1, 30, 30, 7, 99, 0, 12, 2)]
    backend = Lengths()
    async with started(backend) as encoder:
        await _until_ready(encoder)
        scores = await encoder.score("long?", texts)
        assert (await encoder.score("long?", [])).shape == (0,)
    np.testing.assert_allclose(scores, [len(text) / 100 for text in texts])
    assert [len(texts) for texts in backend.passes] == [8, 2]
    assert [len(text) for text in backend.passes[1]] == [1, 0], "like lengths share a pass"
    assert backend.closed


async def test_it_is_not_ready_before_it_has_started() -> None:
    encoder = ThreadedCrossEncoder(Lengths(), timeout_s=1)
    with pytest.raises(BackendUnavailable, match="loading"):
        await encoder.score("long?", ["a"])
    await encoder.close()


async def test_a_load_that_fails_is_told_and_tried_again() -> None:
    backend = Lengths(failures=[ModelNotFound("no folder"), ZeroDivisionError()] * 2)
    slow = ThreadedCrossEncoder(Lengths(failures=[ModelNotFound("no folder")]), timeout_s=1)
    slow.start()
    await _until(lambda: slow.failure)
    with pytest.raises(BackendUnavailable, match="no folder"):
        await slow.score("long?", ["a"])
    began = time.monotonic()
    await slow.close()
    assert time.monotonic() - began < 0.5, "closing does not wait for the next attempt"

    async with started(backend) as encoder:
        await _until_ready(encoder)
        assert encoder.failure is None
        assert await encoder.score("long?", ["a"]) == 0.01


async def test_who_gave_up_takes_no_further_pass() -> None:
    backend = Lengths()
    backend.free.clear()
    async with started(backend, timeout_s=0.1) as encoder:
        await _until_ready(encoder)
        with pytest.raises(BackendTimeout):
            await encoder.score("long?", ["a"] * 20)
        with pytest.raises(BackendTimeout):
            await encoder.score("long?", ["b"] * 20)
        backend.free.set()
        assert await encoder.score("long?", ["c"]) == 0.01
    assert [texts[0] for texts in backend.passes] == ["a", "c"]


async def test_closing_answers_who_still_waits() -> None:
    backend = Lengths()
    backend.free.clear()
    async with started(backend) as encoder:
        await _until_ready(encoder)
        waiting = asyncio.create_task(encoder.score("long?", ["a"] * 20))
        await _until(lambda: backend.passes)
        closing = asyncio.create_task(encoder.close())
        await asyncio.sleep(0.02)
        backend.free.set()
        with pytest.raises(BackendUnavailable, match="shutting down"):
            await waiting
        await closing
        with pytest.raises(BackendUnavailable):
            await encoder.score("long?", ["a"])


async def test_a_fault_of_the_model_is_the_callers_and_not_the_threads() -> None:
    async with started(Lengths()) as encoder:
        await _until_ready(encoder)
        with pytest.raises(BackendUnavailable, match="ZeroDivisionError"):
            await encoder.score("broken?", ["a"])
        with pytest.raises(MalformedReply):
            await encoder.score("nothing?", ["a"])
        assert await encoder.score("long?", ["a"]) == 0.01


async def test_a_script_is_followed() -> None:
    scripted = ScriptedCrossEncoder({"Bergen": 0.9, "Wales": 0.2, "ale": 0.4})
    encoder: CrossEncoder = scripted
    scores = await encoder.score("where?", ["to Bergen", "in Wales", "elsewhere"])
    np.testing.assert_allclose(scores, [0.9, 0.4, 0])
    assert scripted.asked == [("where?", ("to Bergen", "in Wales", "elsewhere"))]
    scripted.failure = BackendTimeout("late")
    with pytest.raises(BackendTimeout):
        await encoder.score("where?", ["to Bergen"])
