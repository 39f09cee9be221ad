"""Starts a training in a process of its own, follows it, and stops it. Does not load torch."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from llm_backend.training.errors import BadPlan, OutOfMemory, TrainingError, TrainingLost
from llm_backend.training.events import Event, Failed, Finished, from_line
from llm_backend.training.plan import ANSWERS

#: Seconds that a training that is told to stop gets before it is killed.
_GRACE_S = 5.0
#: Bytes of a line, and of the last words of a training that broke.
_LONGEST_LINE, _LAST_WORDS = 1 << 20, 2000
_ERRORS: Mapping[str, type[TrainingError]] = {
    error.code: error for error in (TrainingError, OutOfMemory, BadPlan)
}


class Trainer(Protocol):
    """Whoever can train what a folder asks for."""

    def train(self, folder: Path) -> AsyncGenerator[Event, None]:
        """What it says while it goes on, Finished last. Raises TrainingError."""
        ...


class ProcessTrainer:
    """Trains in a process of its own; leaving the iteration early stops it."""

    async def train(self, folder: Path) -> AsyncGenerator[Event, None]:
        """What it says while it goes on, Finished last. Raises TrainingError.

        TrainingLost is retryable: the next attempt goes on from the last checkpoint.
        """
        finished = False
        async with _running(folder) as process, aclosing(_events(process)) as events:
            async for event in events:
                if isinstance(event, Failed):
                    raise _ERRORS.get(event.code, TrainingError)(event.detail)
                finished |= isinstance(event, Finished)
                yield event
        if not finished:
            raise TrainingLost(f"training ended without a word: {_last_words(folder)}")


def read_answers(folder: Path) -> dict[str, Mapping[str, Any]]:
    """What base and adapter answered, by probe: `{"base": …, "adapter": …}`."""
    found: dict[str, Mapping[str, Any]] = json.loads((folder / ANSWERS).read_text())
    return found


@asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process; whatever happens, it is gone afterwards."""
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "llm_backend.training", str(folder), limit=_LONGEST_LINE,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        await asyncio.shield(_stop(process))


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        try:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), _GRACE_S)
        except ProcessLookupError:
            pass
        except TimeoutError:
            process.kill()
    await process.wait()


async def _events(process: asyncio.subprocess.Process) -> AsyncGenerator[Event, None]:
    assert process.stdout is not None  # noqa: S101
    while line := await process.stdout.readline():
        event = from_line(line.decode(errors="replace"))
        if event is not None:
            yield event


def _last_words(folder: Path) -> str:
    """The end of what it wrote on standard error, which holds no text of a memory."""
    lines = (folder / "log").read_bytes()[-_LAST_WORDS:].decode(errors="replace").splitlines()
    return lines[-1] if lines else "nothing was said"
