"""A service of its own in a time of its own: a database for the run, and a clock that is set."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from consolidation.services import Services as JobServices
from llm_backend.errors import BackendError
from llm_backend.protocols import Embedder, EmbedderStats, EmbeddingModel, Vectors
from llm_backend.settings import EmbeddingSettings
from memory_service.auth import Principal, Role
from memory_service.settings import Settings, WorkerSettings
from memory_service.telemetry import Metrics
from memory_service.usage import UsageNotes
from memory_service.verbs.keys import create_tenant
from memory_service.verbs.services import Services
from memory_service.wiring import Wiring
from retrieval.recall import Recaller
from stores.ids import new_id

_TICK = timedelta(microseconds=1)


class VirtualClock:
    """Stands still but for a tick whenever it is looked at, so that no two moments are one."""

    def __init__(self, start: datetime) -> None:
        self._at = start

    def __call__(self) -> datetime:
        """The time."""
        self._at += _TICK
        return self._at

    def advance(self, to: datetime) -> None:
        """Let time pass; it never goes back."""
        self._at = max(self._at, to)


class CachedEmbedder:
    """Embeds every text once: what people say in a simulation repeats itself."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._known: dict[str, Vectors] = {}

    @property
    def model(self) -> EmbeddingModel:
        """That of the embedder inside."""
        return self._inner.model

    @property
    def ready(self) -> bool:
        """Whether the embedder inside is."""
        return self._inner.ready

    @property
    def failure(self) -> BackendError | None:
        """What the embedder inside failed with."""
        return self._inner.failure

    @property
    def stats(self) -> EmbedderStats:
        """What the model has done; what was known is not in it."""
        return self._inner.stats

    def start(self) -> None:
        """Begin to load."""
        self._inner.start()

    async def close(self) -> None:
        """Stop."""
        await self._inner.close()

    async def embed_query(self, text: str) -> Vectors:
        """One vector; questions are asked again and again."""
        if text not in self._known:
            self._known[text] = await self._inner.embed_query(text)
        return self._known[text]

    async def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """One vector per text, only new ones by the model."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, await self._inner.embed_documents(new), strict=True))
        return np.stack([self._known[text] for text in texts])


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What a replay acts in."""

    clock: VirtualClock
    services: Services
    jobs: JobServices
    metrics: Metrics
    principal: Principal


@asynccontextmanager
async def world(settings: Settings, start: datetime) -> AsyncIterator[World]:
    """The service's parts on a database that is gone afterwards, at that time."""
    folder = _folder()
    wiring = Wiring(_alone(settings, folder))
    try:
        parts = await wiring.start()
        clock = VirtualClock(start)
        database = parts.services.database
        embedder = CachedEmbedder(parts.services.embedder)
        tenant = await create_tenant(database, "simulation", clock)
        yield World(
            clock=clock,
            services=replace(
                parts.services,
                embedder=embedder,
                recaller=Recaller(database, embedder, clock),
                usage=UsageNotes(database, clock),
                clock=clock,
            ),
            jobs=replace(parts.jobs, embedder=embedder, clock=clock),
            metrics=Metrics(),
            principal=Principal(tenant=tenant, key_id=new_id(), name="simulation", role=Role.ADMIN),
        )
    finally:
        await wiring.close()
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="memory-simulation-"))
    folder.chmod(0o755)  # the embedded server may run as a user of its own
    return folder


def letters_only(settings: Settings) -> Settings:
    """The settings with vectors made of letters: no model, so recall says little about meaning."""
    return settings.model_copy(update={"embedding": EmbeddingSettings(backend="hash")})


def _alone(settings: Settings, folder: Path) -> Settings:
    """The settings without any database or model server but our own."""
    changes = {
        "data_dir": folder,
        "database_url": None,
        "database_owner_url": None,
        "worker": WorkerSettings(enabled=False),
    }
    return settings.model_copy(update=changes)
