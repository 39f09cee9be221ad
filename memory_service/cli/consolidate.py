"""`consolidate`: has the jobs of a space run now, and shows how far they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memory_service.cli.client import DEFAULT_URL, Key, Url
from memory_service.cli.errors import CommandFailed
from memory_service.cli.options import AsJson, DataDir

if TYPE_CHECKING:
    import httpx

Job = dict[str, Any]
Report = Callable[[Sequence[Job]], None]
#: Seconds between looks at the jobs.
_LOOK_S = 0.3
_OVER = frozenset({"succeeded", "failed", "cancelled"})

SpaceName = Annotated[str, typer.Argument(help="The space's name.")]
Wanted = Annotated[
    list[str] | None,
    typer.Option("--jobs", help="Only these, with commas between; may be repeated."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(consolidate)


def consolidate(
    space: SpaceName,
    jobs: Wanted = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Do what is owed to a space and run its jobs now: merging, summaries, insights and others."""
    from memory_service.cli.client import checked, connected
    from memory_service.cli.output import print_json, print_table

    wanted = [name for some in jobs or () for name in some.split(",") if name]
    body = {"jobs": wanted} if wanted else {}
    with connected(url, key, data_dir) as client, _bars(space) as report:
        answer = checked(client.post(f"/v1/spaces/{space}/consolidate", json=body))
        ended = _watch(client, answer.json()["job_ids"], report)
    if as_json:
        print_json({"space": space, "jobs": ended})
    elif ended:
        print_table(("Job", "State", "Done", "Runs", "Error"), [_row(job) for job in ended])
    else:
        typer.echo(f"There is nothing to do in {space}.")
    failed = [job["name"] for job in ended if job["state"] == "failed"]
    if failed:
        raise CommandFailed(f"failed: {', '.join(failed)}")


def _watch(client: httpx.Client, ids: Sequence[str], report: Report) -> list[Job]:
    """The jobs as they ended, in the order they were asked for."""
    from memory_service.cli.client import checked

    found: dict[str, Job] = {}
    while True:
        for job_id in ids:
            if found.get(job_id, {}).get("state") not in _OVER:
                found[job_id] = checked(client.get(f"/v1/jobs/{job_id}")).json()
        report(list(found.values()))
        if all(job["state"] in _OVER for job in found.values()):
            return list(found.values())
        time.sleep(_LOOK_S)


def _row(job: Job) -> tuple[str, ...]:
    runs = " ".join(job["run_ids"])
    return job["name"], job["state"], str(job["progress"]["done"]), runs, job["error"] or ""


@contextmanager
def _bars(space: str) -> Iterator[Report]:
    """One progress bar per job on standard error; without a known total it only moves."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[done]} {task.fields[state]}"),
    )
    console = Console(stderr=True)
    if not console.is_terminal:
        console.print(f"Consolidating {space} …", highlight=False)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as p:
        tasks: dict[str, Any] = {}

        def report(jobs: Sequence[Job]) -> None:
            for job in jobs:
                done, total = job["progress"]["done"], job["progress"]["total"]
                if job["id"] not in tasks:
                    tasks[job["id"]] = p.add_task(job["name"], total=None, done=0, state="")
                over = job["state"] in _OVER
                p.update(
                    tasks[job["id"]], completed=1 if over and total is None else done,
                    total=1 if over and total is None else total, done=done, state=job["state"],
                )  # fmt: skip

        yield report
