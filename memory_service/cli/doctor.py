"""`doctor`: is everything there that the service needs?"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from memory_service.cli.options import AsJson, DataDir, settings_of
from memory_service.settings import Settings

if TYPE_CHECKING:
    from llm_backend.chat_http import HttpChatModel
    from llm_backend.protocols import CrossEncoder

Check = Callable[[], Awaitable[str]]
#: Seconds between looks at whether a model is loaded.
_LOOK_S = 0.05


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Check settings, database, schema and models, and say what is wrong."""
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

    checks = {"database": database, "embedding model": embedding}
    if wiring.cross_encoder is not None:
        checks["cross-encoder"] = partial(_second_opinion, wiring.cross_encoder)
    if wiring.chat is not None:
        checks["chat model"] = partial(_abilities, wiring.chat)
    try:
        return [await _run(name, check) for name, check in checks.items()]
    finally:
        await wiring.close()


async def _abilities(chat: HttpChatModel) -> str:
    return (await chat.look()).line


async def _second_opinion(encoder: CrossEncoder) -> str:
    began = time.monotonic()
    encoder.start()
    while not encoder.ready and encoder.failure is None:  # noqa: ASYNC110 - a thread loads it
        await asyncio.sleep(_LOOK_S)
    await encoder.score("Is the model there?", ["It is."])
    return f"{encoder.name}, answered after {time.monotonic() - began:.1f} s"


async def _run(name: str, check: Check) -> dict[str, Any]:
    from llm_backend.errors import BackendError
    from stores.errors import StoreError

    try:
        return {"check": name, "ok": True, "detail": await check()}
    except (StoreError, BackendError) as error:
        return {"check": name, "ok": False, "detail": str(error)}
