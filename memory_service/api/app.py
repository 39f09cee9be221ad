"""The application: answers at once, opens the database and loads the model in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport

import dashboard.app
from memory_service.api import problems, routes
from memory_service.api.middleware import BodyLimit, RequestContext
from memory_service.settings import Settings
from memory_service.telemetry import Metrics, logger
from memory_service.wiring import Wiring
from memory_service.worker import Worker, observe_queue
from stores.errors import StoreError, StoreUnavailable

Fatal = Callable[[str], None]
#: A scrape waits no longer for the figures of the queue; then it shows those of the last one.
_QUEUE_S = 2.0


class Runtime:
    """One process of the service: what it runs, and why it is not ready yet."""

    def __init__(self, settings: Settings, on_fatal: Fatal) -> None:
        self.metrics = Metrics()
        self._settings = settings
        self._on_fatal = on_fatal
        self._wiring = Wiring(settings)
        self._worker: Worker | None = None
        self._booting: asyncio.Task[None] | None = None
        self._booted = False

    def start(self, app: FastAPI) -> None:
        """Begin to start; until that is done, calls are answered 503 `not-ready`."""
        self._booting = asyncio.create_task(self._boot(app), name="boot")

    async def stop(self, app: FastAPI) -> None:
        """Finish or return jobs, then close everything."""
        app.state.parts = None
        if self._booting is not None:
            self._booting.cancel()
            await asyncio.gather(self._booting, return_exceptions=True)
        if self._worker is not None:
            await self._worker.stop()
        await self._wiring.close()

    async def reasons(self) -> dict[str, str]:
        """Why the service is not ready; empty when it is."""
        found: dict[str, str] = {}
        parts = self._wiring.parts
        if parts is None or not self._booted:
            return {"database": "not open yet"}
        try:
            await parts.services.database.ping()
        except StoreUnavailable as error:
            found["database"] = str(error)
        embedder = self._wiring.embedder
        if not embedder.ready:
            found["model"] = str(embedder.failure or "loading")
        if self._settings.worker.enabled and not (self._worker and self._worker.alive):
            found["worker"] = "not running"
        return found

    def degraded(self) -> dict[str, str]:
        """What recall has to do without for now; the service is ready all the same."""
        encoder = self._wiring.cross_encoder
        if encoder is None or (encoder.ready and encoder.failure is None):
            return {}
        return {"cross_encoder": str(encoder.failure or "loading")}

    def chat(self) -> dict[str, Any] | None:
        """The chat server and what it can do; None where none is configured."""
        model = self._wiring.chat
        if model is None:
            return None
        told: dict[str, Any] = {"model": model.name}
        if self._wiring.desk is not None:
            told["llm"] = self._wiring.desk.state
        if model.abilities is not None:
            told["server"] = model.abilities.server
            told["can"] = sorted(model.abilities.can)
            told["context_tokens"] = model.abilities.context_tokens
        return told if model.failure is None else {**told, "failure": str(model.failure)}

    async def observe(self) -> None:
        """Bring the gauges up to date, those of the queue as far as the database answers."""
        stats = self._wiring.embedder.stats
        self.metrics.model_seconds.set(stats.model_seconds)
        self.metrics.model_texts.set(stats.texts)
        parts = self._wiring.parts
        if parts is not None:
            self.metrics.pool_in_use.set(parts.services.database.pool_in_use)
            self.metrics.chat_prompt_tokens.set(parts.gateway.read.prompt_tokens)
            self.metrics.chat_cached_tokens.set(parts.gateway.read.cached_tokens)
            if (cache := await parts.gateway.prefix_cache()) is not None:
                self.metrics.server_cache_queries.set(cache.queries)
                self.metrics.server_cache_hits.set(cache.hits)
            with suppress(StoreError, TimeoutError):
                async with asyncio.timeout(_QUEUE_S):
                    await observe_queue(parts.jobs, self.metrics)

    def observe_recall(self, timings_ms: Mapping[str, float]) -> None:
        """Count the stages of one recall."""
        for stage, milliseconds in timings_ms.items():
            self.metrics.recall_seconds.labels(stage).observe(milliseconds / 1000)

    async def _boot(self, app: FastAPI) -> None:
        try:
            parts = await self._wiring.start()
            if self._wiring.cross_encoder is not None:
                self._wiring.cross_encoder.start()
            written = await self._wiring.ensure_admin()
        except StoreUnavailable as error:
            self._on_fatal(str(error))
            return
        except Exception as error:  # noqa: BLE001 - a start that failed must end the process
            logger().error("start-failed", exc_info=error)
            self._on_fatal(f"the service could not start: {type(error).__name__}")
            return
        if written is not None:
            logger().info("admin-key-written", path=str(written))
        if self._settings.worker.enabled:
            self._worker = Worker(parts.jobs, self._settings.worker, self.metrics)
            self._worker.start()
        app.state.parts = parts
        self._booted = True
        logger().info("started")


def create_app(settings: Settings, on_fatal: Fatal | None = None) -> FastAPI:
    """The app for these settings; `on_fatal` is told one line if it cannot start."""
    runtime = Runtime(settings, on_fatal or (lambda line: logger().error("fatal", detail=line)))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        runtime.start(app)
        try:
            yield
        finally:
            await runtime.stop(app)

    app = FastAPI(
        title="Memory service",
        version=version("memory-service"),
        summary="A memory for agents: MemCubes with provenance, recalled with reasons.",
        lifespan=lifespan,
    )
    app.state.parts = None
    app.state.runtime = runtime
    for router in routes.load():
        app.include_router(router)
    problems.install(app)
    # It calls the routes above with the key of whoever is logged in, as any client would.
    app.mount("/admin", dashboard.app.create_app(ASGITransport(app)))
    app.add_middleware(BodyLimit, limits=settings.limits)
    app.add_middleware(RequestContext, metrics=runtime.metrics)
    return app
