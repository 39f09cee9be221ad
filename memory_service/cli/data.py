"""`export` and `import`: a space as a file, through a running service."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from memory_service.cli.client import DEFAULT_URL, Key, Url
from memory_service.cli.options import AsJson, DataDir

if TYPE_CHECKING:
    import httpx

_CHUNK = 256 * 1024
Advance = Callable[[int], None]
SpaceName = Annotated[str, typer.Argument(help="The space's name.")]
ToFile = Annotated[
    Path | None, typer.Option("--file", help="Where to write it; standard output by default.")
]
FromFile = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="What export has written."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("export")(export_space)
    app.command("import")(import_space)


def export_space(
    space: SpaceName,
    file: ToFile = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write every memory of a space, with its history, as lines of JSON."""
    from memory_service.cli.client import checked, connected
    from memory_service.cli.output import print_json

    with connected(url, key, data_dir) as client:
        with client.stream("POST", f"/v1/spaces/{space}/export") as answer:
            checked(answer)
            if file is None:
                _receive(answer, sys.stdout.buffer, space)
                return
            count = _write_whole(answer, file, space)
        if as_json:
            print_json({"space": space, "file": str(file), "memories": count})
        else:
            typer.echo(f"Exported {count} memories of {space} to {file}.")


def import_space(
    space: SpaceName,
    file: FromFile,
    url: Url = DEFAULT_URL,
    key: Key = None,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Take an export in; what the space has already is skipped, so repeating it is harmless."""
    from memory_service.cli.client import checked, connected
    from memory_service.cli.output import print_json

    with connected(url, key, data_dir) as client:
        headers = {"Content-Type": "application/x-ndjson"}
        answer = client.post(
            f"/v1/spaces/{space}/import", content=_sent(file, space), headers=headers
        )
        done = checked(answer).json()
    if as_json:
        print_json({"space": space, "file": str(file), **done})
    else:
        typer.echo(f"Imported {done['imported']} memories into {space}, {done['skipped']} skipped.")


def _write_whole(answer: httpx.Response, file: Path, space: str) -> int:
    """A file of that name exists only once it is whole."""
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as target:
            count = _receive(answer, target, space)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return count


def _receive(answer: httpx.Response, target: IO[bytes], space: str) -> int:
    """Write what arrives; returns how many memories that were."""
    lines = 0
    with _bar(f"Exporting {space}", None) as advance:
        for chunk in answer.iter_bytes(_CHUNK):
            target.write(chunk)
            lines += chunk.count(b"\n")
            advance(len(chunk))
    target.flush()
    return lines - 1  # the first is the header


def _sent(file: Path, space: str) -> Iterator[bytes]:
    with file.open("rb") as source, _bar(f"Importing {space}", file.stat().st_size) as advance:
        while chunk := source.read(_CHUNK):
            yield chunk
            advance(len(chunk))


@contextmanager
def _bar(title: str, total: int | None) -> Iterator[Advance]:
    """A progress bar on standard error, where standard output may be the file."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda size: progress.advance(task, size)
