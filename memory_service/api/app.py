"""The application: answers at once, opens the database and loads the model in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from memory_service.api import problems, routes
from memory_service.api.middleware import BodyLimit, RequestContext
from memory_service.settings import Settings
from memory_service.telemetry import Metrics, logger
from memory_service.wiring import Wiring
from memory_service.worker import Worker
from stores.errors import StoreUnavailable

Fatal = Callable[[str], None]


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

    def observe(self) -> None:
        """Bring the gauges up to date."""
        stats = self._wiring.embedder.stats
        self.metrics.model_seconds.set(stats.model_seconds)
        self.metrics.model_texts.set(stats.texts)
        if self._wiring.parts is not None:
            self.metrics.pool_in_use.set(self._wiring.parts.services.database.pool_in_use)

    def observe_recall(self, timings_ms: Mapping[str, float]) -> None:
        """Count the stages of one recall."""
        for stage, milliseconds in timings_ms.items():
            self.metrics.recall_seconds.labels(stage).observe(milliseconds / 1000)

    async def _boot(self, app: FastAPI) -> None:
        try:
            parts = await self._wiring.start()
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
    app.add_middleware(BodyLimit, limits=settings.limits)
    app.add_middleware(RequestContext, metrics=runtime.metrics)
    return app
