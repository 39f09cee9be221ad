"""How good writing is: annotated sessions remembered, and what was stored compared with the notes.

python -m benchmarks writing [--half dev|held|all] [--data FILE …] [--json OUT]
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from benchmarks import service
from benchmarks.writing import sessions, tables
from benchmarks.writing.space import stored


def main() -> None:
    """Remember, read, ask; print the figures of each half."""
    given = _arguments()
    stories = sessions.load(given.data or [sessions.SESSIONS], given.half)
    if not stories:
        sys.exit("no storylines there")
    with service.running(given) as client:
        results = [tables.result(stored(client, story)) for story in stories]
    halves = {
        half: tables.figures(chosen)
        for half in sessions.HALVES
        if (chosen := [r for r in results if r.stored.story.half == half])
    }
    whole = {"halves": halves, "storylines": tables.raw(results)}
    for half, found in halves.items():
        last = half == list(halves)[-1]
        service.report(f"Writing, {half}", tables.rows(found), whole, given.json if last else None)


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=[*sessions.HALVES, "all"], default="all",
                        help="the storylines to tune on, or the others")  # fmt: skip
    parser.add_argument("--data", nargs="+", type=Path, default=[],
                        help="files or folders; none: our own storylines")  # fmt: skip
    return service.arguments(parser)


if __name__ == "__main__":
    main()
