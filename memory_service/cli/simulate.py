"""`simulate`: months of use in minutes, in virtual time, and how the memory fares meanwhile."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memory_service.cli.errors import CommandFailed
from memory_service.cli.options import AsJson, settings_of

if TYPE_CHECKING:
    from memory_service.simulation.records import Checkpoint, Workload
    from memory_service.simulation.replay import Variant

Report = Callable[["Checkpoint"], None]

File = Annotated[
    Path | None,
    typer.Argument(
        exists=True, dir_okay=False, readable=True,
        help="A conversation as JSON, in LoCoMo's form or the demo corpus's; else one is invented.",
    ),
]  # fmt: skip
Days = Annotated[int, typer.Option(min=1, max=3650, help="Invented days.")]
PerDay = Annotated[int, typer.Option(min=1, max=10_000, help="Invented episodes a day.")]
People = Annotated[int, typer.Option(min=1, max=8, help="Invented people.")]
Seed = Annotated[int, typer.Option(help="What is invented and asked follows from it.")]
Every = Annotated[int, typer.Option(min=1, help="Days between checkpoints.")]
Questions = Annotated[
    int, typer.Option(min=1, help="Questions at a checkpoint, of what holds and of what held.")
]
Variants = Annotated[
    list[str] | None,
    typer.Option(
        "--variant",
        help="What runs by itself: full, bare, no-decay or no-consolidation; may be repeated. "
        "By default full and bare.",
    ),
]
Out = Annotated[Path, typer.Option(help="The folder for the measurements and charts.")]
Fast = Annotated[
    bool, typer.Option("--fast", help="Without a model: vectors made of letters, not of meaning.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


def simulate(
    file: File = None,
    days: Days = 30,
    per_day: PerDay = 50,
    people: People = 3,
    seed: Seed = 1,
    every: Every = 10,
    questions: Questions = 40,
    variant: Variants = None,
    out: Out = Path("simulation"),
    *,
    fast: Fast = False,
    as_json: AsJson = False,
) -> None:
    """Replay months of use in virtual time, on a database of its own, and measure on the way."""
    from memory_service.cli.output import print_json, print_table
    from memory_service.simulation import report

    workload = _workload(file, days=days, per_day=per_day, people=people, seed=seed)
    variants = _variants(variant or ["full", "bare"])
    out.mkdir(parents=True, exist_ok=True)
    checkpoints: list[Checkpoint] = []
    # Asked to stop, we stop our database first.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with (out / "checkpoints.jsonl").open("w", encoding="utf-8") as lines, _bars(workload) as bar:

        def note(checkpoint: Checkpoint) -> None:
            checkpoints.append(checkpoint)
            lines.write(report.line(checkpoint) + "\n")
            lines.flush()
            bar(checkpoint)

        asyncio.run(_run(workload, variants, note, every, questions, seed, fast=fast))
    report.write_charts(out, checkpoints)
    table = report.rows(checkpoints)
    if as_json:
        print_json([dict(zip(report.COLUMNS, row, strict=True)) for row in table])
    else:
        print_table(report.COLUMNS, table)
        typer.echo(f"Measurements and charts are in {out}.")


def _workload(file: Path | None, *, days: int, per_day: int, people: int, seed: int) -> Workload:
    from memory_service.simulation.conversations import read
    from memory_service.simulation.inventing import Invention, invent

    if file is None:
        return invent(Invention(days=days, episodes_per_day=per_day, people=people, seed=seed))
    try:
        found = read(file)
    except ValueError as error:
        raise CommandFailed(f"{file}: {error}") from error
    if len(found) != 1 or not found[0].told:
        raise CommandFailed(f"{file} holds {len(found)} conversations, not one with turns")
    return found[0]


def _variants(names: list[str]) -> list[Variant]:
    from memory_service.simulation.replay import Variant

    try:
        return [Variant(name) for name in dict.fromkeys(names)]
    except ValueError as error:
        raise CommandFailed(f"{error}; there are {', '.join(Variant)}") from error


async def _run(
    workload: Workload,
    variants: list[Variant],
    note: Report,
    every: int,
    questions: int,
    seed: int,
    *,
    fast: bool,
) -> None:
    """One variant after the other, each on a fresh database."""
    from memory_service.simulation.replay import Course, replay
    from memory_service.simulation.world import letters_only, world
    from memory_service.telemetry import configure_logging

    settings = settings_of(None)
    configure_logging("ERROR")
    settings = letters_only(settings) if fast else settings
    for variant in variants:
        course = Course(variant=variant, every_days=every, questions=questions, seed=seed)
        async with world(settings, workload.told[0].at) as here:
            async for checkpoint in replay(here, workload, course):
                note(checkpoint)


@contextmanager
def _bars(workload: Workload) -> Iterator[Report]:
    """A progress bar per variant on standard error; without a terminal, a line per checkpoint."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as p:
        tasks: dict[str, Any] = {}

        def report(checkpoint: Checkpoint) -> None:
            name = checkpoint.variant
            if name not in tasks:
                tasks[name] = p.add_task(name, total=len(workload.told))
            p.update(tasks[name], completed=checkpoint.episodes)
            if not console.is_terminal:
                console.print(f"{name}: day {checkpoint.day}", highlight=False)

        yield report
