"""A cross-encoder that says what it is told to, for tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from llm_backend.errors import BackendError
from llm_backend.protocols import Scores


async def _nothing() -> None:
    """What happens before the answer: nothing."""


@dataclass
class ScriptedCrossEncoder:
    """A text that contains a phrase of the script gets its score, any other 0.

    `before` is awaited first; `failure`, if there is one, is raised instead of an answer.
    """

    script: Mapping[str, float] = field(default_factory=dict)
    failure: BackendError | None = None
    before: Callable[[], Awaitable[None]] = _nothing
    name: str = "scripted"
    ready: bool = True
    #: What it was asked.
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def start(self) -> None:
        """There is nothing to load."""

    async def close(self) -> None:
        """There is nothing to stop."""

    async def score(self, question: str, texts: Sequence[str]) -> Scores:
        """One number a text. Raises the failure of the script."""
        self.asked.append((question, tuple(texts)))
        await self.before()
        if self.failure is not None:
            raise self.failure
        return np.array([self._of(text) for text in texts], dtype=np.float64)

    def _of(self, text: str) -> float:
        return max((score for phrase, score in self.script.items() if phrase in text), default=0.0)
