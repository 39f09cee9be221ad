"""`doctor`: is everything there that the service needs?"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import typer

from memory_service.cli.options import AsJson, DataDir, settings_of
from memory_service.settings import Settings

Check = Callable[[], Awaitable[str]]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Check settings, database, schema and embedding model, and say what is wrong."""
    from memory_service.cli.output import print_json, print_table

    settings = settings_of(data_dir)
    results = asyncio.run(_examine(settings))
    if as_json:
        print_json({"checks": results, "settings": _shown(settings)})
    else:
        print_table(
            ["check", "ok", "detail"],
            [[r["check"], "yes" if r["ok"] else "NO", r["detail"]] for r in results],
        )
    if not all(result["ok"] for result in results):
        sys.exit(1)


def _shown(settings: Settings) -> dict[str, Any]:
    """The effective settings; secrets stay masked."""
    shown: dict[str, Any] = settings.model_dump(mode="json")
    return shown


async def _examine(settings: Settings) -> list[dict[str, Any]]:
    from memory_service.wiring import Wiring

    wiring = Wiring(settings)
    model = wiring.embedder.model

    async def database() -> str:
        await wiring.store.open()
        return "external" if settings.database_url else f"embedded in {settings.stores.data_dir}"

    async def embedding() -> str:
        began = time.monotonic()
        wiring.embedder.start()
        await wiring.embedder.embed_query("Is the model there?")
        seconds = time.monotonic() - began
        return f"{model.name}, {model.dimensions} dimensions, loaded in {seconds:.1f} s"

    try:
        return [
            await _run("database", database),
            await _run("embedding model", embedding),
        ]
    finally:
        await wiring.close()


async def _run(name: str, check: Check) -> dict[str, Any]:
    from llm_backend.errors import BackendError
    from stores.errors import StoreError

    try:
        return {"check": name, "ok": True, "detail": await check()}
    except (StoreError, BackendError) as error:
        return {"check": name, "ok": False, "detail": str(error)}
