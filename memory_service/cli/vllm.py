"""`vllm`: a model server with the options that the service makes use of."""

from __future__ import annotations

import os
import shlex
import shutil
from typing import Annotated

import typer

from memory_service.cli.errors import CommandFailed


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(context_settings={"ignore_unknown_options": True})(vllm)


def vllm(
    model: Annotated[str, typer.Argument(help="A name at Hugging Face, or a folder.")],
    more: Annotated[
        list[str] | None, typer.Argument(help="Further options, for vLLM as they are.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8001,
    adapters: Annotated[
        int, typer.Option(min=0, help="Adapters loaded at a time; 0: none can be.")
    ] = 4,
    adapter_rank: Annotated[int, typer.Option(min=1, help="The highest rank of an adapter.")] = 16,
    context_tokens: Annotated[
        int | None, typer.Option(min=256, help="Longest prompt and answer together.")
    ] = None,
    memory: Annotated[
        float | None, typer.Option(min=0.05, max=1, help="Share of the GPU's memory.")
    ] = None,
    *,
    only_print: Annotated[bool, typer.Option("--print", help="Print the command line.")] = False,
) -> None:
    """Become a vLLM server with a GPU, with the options that the service makes use of."""
    from llm_backend.vllm_command import Serving, command

    serving = Serving(
        model=model,
        host=host,
        port=port,
        adapters=adapters,
        adapter_rank=adapter_rank,
        context_tokens=context_tokens,
        memory=memory,
    )
    line = command(serving, more or ())
    if only_print:
        typer.echo(shlex.join(line))
        return
    if shutil.which("vllm") is None:
        raise CommandFailed("vllm is not installed here: pip install 'memory-service[vllm]'")
    os.execvp(line[0], line)  # noqa: S606 - no shell is wanted
