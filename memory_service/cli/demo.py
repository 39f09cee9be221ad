"""`demo`: remembers a sample of conversations, processes it, and shows what can be asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memory_service.cli.client import Key
from memory_service.cli.errors import CommandFailed
from memory_service.cli.options import AsJson, DataDir, settings_of

if TYPE_CHECKING:
    from memory_service.cli.demo_records import Where
    from memory_service.cli.demo_steps import Report

Done = Callable[[], None]
RunningUrl = Annotated[
    str | None, typer.Option("--url", help="A running service; by default one is started.")
]
KeepServing = Annotated[
    bool | None,
    typer.Option(
        "--keep-serving/--no-keep-serving",
        help="Whether the service stays up until Ctrl-C; by default in a terminal only.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    data_dir: DataDir = None,
    url: RunningUrl = None,
    key: Key = None,
    *,
    keep_serving: KeepServing = None,
    as_json: AsJson = False,
) -> None:
    """Remember a sample of conversations, process it, recall and explain. Works offline."""
    if url is not None:
        faults = _run(url, key, data_dir, as_json=as_json)
    else:
        faults = _run_own(
            data_dir, as_json=as_json, stay=_stays(wanted=keep_serving, as_json=as_json)
        )
    if faults:
        raise CommandFailed("; ".join(faults))


def _stays(*, wanted: bool | None, as_json: bool) -> bool:
    in_terminal = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
    return in_terminal if wanted is None else wanted


def _run_own(data_dir: Path | None, *, as_json: bool, stay: bool) -> tuple[str, ...]:
    from memory_service.cli.client import DEFAULT_PORT, DEFAULT_URL
    from memory_service.cli.process import serving

    folder = settings_of(data_dir).stores.data_dir
    starting = _spinner("Starting the service and its PostgreSQL, loading the model")
    with starting as started, serving(folder, port=DEFAULT_PORT if stay else 0) as url:
        started()
        faults = _run(url, None, data_dir, as_json=as_json, later=url if stay else DEFAULT_URL)
        if stay and not faults:
            _stay()
    return faults


def _run(
    url: str, key: str | None, data_dir: Path | None, *, as_json: bool, later: str | None = None
) -> tuple[str, ...]:
    """Tell the story; `later` is where a service of our own can be reached from now on."""
    from memory_service.cli.client import connected
    from memory_service.cli.demo_records import load
    from memory_service.cli.demo_steps import tell

    corpus = load()
    with connected(url, key, data_dir) as client, _bars() as report:
        story = tell(client, corpus, report)
    where = _where(url, data_dir, later)
    if as_json:
        from memory_service.cli.output import print_json

        print_json({**asdict(story), "faults": story.faults, **asdict(where)})
    else:
        from memory_service.cli.demo_report import console, goodbye, show

        out = console()
        show(out, corpus, story)
        goodbye(out, corpus.space, where)
    return story.faults


def _where(url: str, data_dir: Path | None, later: str | None) -> Where:
    from memory_service.cli.client import key_file
    from memory_service.cli.demo_records import Where

    if later is None:
        return Where(url=url)
    settings = settings_of(data_dir)
    return Where(
        url=later,
        data_dir=str(settings.stores.data_dir),
        key_file=str(key_file(settings)),
        stopped=later != url,
    )


def _stay() -> None:
    import signal

    typer.echo("The service stays up until you press Ctrl-C.")
    # A terminal's Ctrl-C and an orderly stop both end the wait, and then the service.
    wanted = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
    signal.sigwait(wanted)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, wanted)


@contextmanager
def _spinner(title: str) -> Iterator[Done]:
    """A spinner on standard error until it is told that the wait is over."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        console.print(f"{title} …", highlight=False)
    status = console.status(title)
    status.start()
    try:
        yield status.stop
    finally:
        status.stop()


@contextmanager
def _bars() -> Iterator[Report]:
    """One progress bar per step on standard error; where that is no terminal, one line each."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as p:
        tasks: dict[str, int] = {}

        def report(done: int, total: int, title: str) -> None:
            if title not in tasks:
                tasks[title] = p.add_task(title, total=total)
                if not console.is_terminal:
                    console.print(f"{title} …", highlight=False)
            p.update(tasks[title], completed=done, total=total)  # type: ignore[arg-type]

        yield report
