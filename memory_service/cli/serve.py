"""`serve`, `worker` and `migrate`: the processes of the service."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Annotated

import typer

from memory_service.cli.options import DataDir, settings_of
from memory_service.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(worker)
    app.command()(migrate)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    data_dir: DataDir = None,
) -> None:
    """Run the service: HTTP interface, worker, and an embedded database if none is given."""
    import uvicorn

    from memory_service.api.app import create_app
    from memory_service.telemetry import configure_logging

    settings = settings_of(data_dir)
    configure_logging(settings.log_level)
    failures: list[str] = []

    def fatal(line: str) -> None:
        failures.append(line)
        server.should_exit = True

    config = uvicorn.Config(
        create_app(settings, fatal),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=int(settings.worker.grace_s) + 5,
    )
    server = uvicorn.Server(config)
    server.run()
    if failures:
        sys.stderr.write(f"error: {failures[0]}\n")
        sys.exit(1)


def worker(
    data_dir: DataDir = None,
    metrics_port: Annotated[
        int | None, typer.Option(help="Serve /metrics for Prometheus on this port.")
    ] = None,
) -> None:
    """Work the queue off, beside as many others as you like."""
    from memory_service.telemetry import configure_logging

    settings = settings_of(data_dir)
    configure_logging(settings.log_level)
    asyncio.run(_work(settings, metrics_port))


async def _work(settings: Settings, metrics_port: int | None) -> None:
    from prometheus_client import start_http_server

    from memory_service.telemetry import Metrics, logger
    from memory_service.wiring import Wiring
    from memory_service.worker import Worker

    wiring = Wiring(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        parts = await wiring.start()
        metrics = Metrics()
        if metrics_port is not None:
            start_http_server(metrics_port, registry=metrics.registry)
        works = Worker(parts.jobs, settings.worker, metrics)
        works.start()
        logger().info("worker-started")
        await stop.wait()
        await works.stop()
    finally:
        await wiring.close()


def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to this release's schema, as the owner role."""
    from memory_service.wiring import Wiring
    from stores.upgrade import latest_revision

    wiring = Wiring(settings_of(data_dir))
    try:
        wiring.store.migrate()
    finally:
        asyncio.run(wiring.close())
    typer.echo(f"The schema is at {latest_revision()}.")
