"""The command `memory-service`. Commands import what they need when they run, so help is quick."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError

from memory_service.cli import consolidate, data, demo, doctor, keys, serve, simulate, vllm
from memory_service.cli.errors import CommandFailed

app = typer.Typer(
    name="memory-service",
    help="A memory for agents: remember, recall, forget, with provenance.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for _module in (serve, doctor, keys, demo, data, consolidate, simulate, vllm):
    _module.register(app)


def main() -> None:
    """Run the command line; an error is one clear line and exit status 1."""
    from llm_backend.errors import BackendError
    from stores.errors import StoreError

    try:
        app()
    except (CommandFailed, StoreError, BackendError) as error:
        _fail(str(error))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        _fail(f"{where}: {first['msg']}" if where else first["msg"])


def _fail(line: str) -> None:
    sys.stderr.write(f"error: {line}\n")
    sys.exit(1)
