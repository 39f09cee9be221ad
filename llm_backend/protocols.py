"""What the rest of the service may ask of an embedding model and of a cross-encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from llm_backend.errors import BackendError

#: float32; (n, dimensions) for several texts, (dimensions,) for one; every vector of length 1.
Vectors: TypeAlias = NDArray[np.float32]
#: (n,) one number a text, 0..1: how well it answers the question.
Scores: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class EmbeddingModel:
    """A vector space: vectors of equal `name` can be compared, others cannot."""

    name: str
    dimensions: int


@dataclass(frozen=True, kw_only=True)
class EmbedderStats:
    """What the model has done since it was started."""

    texts: int = 0
    passes: int = 0
    model_seconds: float = 0.0


class EmbeddingBackend(Protocol):
    """The model itself. Blocking; after construction it is used from one thread only."""

    @property
    def model(self) -> EmbeddingModel:
        """Known before `load`."""

    def load(self) -> None:
        """Make ready to encode; again is harmless. Raises BackendError."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors in the order of the texts, in one forward pass. Raises BackendError."""

    def close(self) -> None:
        """Let go of memory and connections."""


class Embedder(Protocol):
    """The model as the service sees it: asynchronous, shared by everyone, loading by itself."""

    @property
    def model(self) -> EmbeddingModel:
        """Known at once, also while the model loads."""

    @property
    def ready(self) -> bool:
        """Whether the model is loaded; before that, callers wait."""

    @property
    def failure(self) -> BackendError | None:
        """Why the model could not be loaded, until it could."""

    @property
    def stats(self) -> EmbedderStats:
        """Counters for metrics."""

    def start(self) -> None:
        """Begin to load, in the background."""

    async def close(self) -> None:
        """Stop; whoever still waits gets BackendUnavailable."""

    async def embed_query(self, text: str) -> Vectors:
        """One vector, ahead of all waiting documents."""

    async def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """One vector per text, in their order."""


class CrossEncoderBackend(Protocol):
    """The model itself. Blocking; after construction it is used from one thread only."""

    @property
    def name(self) -> str:
        """Known before `load`."""

    def load(self) -> None:
        """Make ready to score; again is harmless. Raises BackendError."""

    def score(self, question: str, texts: Sequence[str]) -> Scores:
        """One number a text, in one forward pass. Raises BackendError."""

    def close(self) -> None:
        """Let go of memory."""


class CrossEncoder(Protocol):
    """A model that reads a question and a text together, as the service sees it."""

    @property
    def name(self) -> str:
        """Known at once, also while the model loads."""

    @property
    def ready(self) -> bool:
        """Whether it may be asked now; before that, `score` raises at once."""

    @property
    def failure(self) -> BackendError | None:
        """Why it could not do what was asked last, until it could."""

    def start(self) -> None:
        """Begin to load, in the background."""

    async def close(self) -> None:
        """Stop; whoever still waits gets BackendUnavailable."""

    async def score(self, question: str, texts: Sequence[str]) -> Scores:
        """One number a text, in their order, within a bounded time. Raises BackendError."""
