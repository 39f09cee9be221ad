"""How good recall is, on conversations and passages with gold evidence; without a judge or LLM.

python -m benchmarks quality [DATA …] [--ablate] [--json OUT] [--against FILE] [--svg FILE]
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks import passages, service, talks
from benchmarks.passages import Library
from benchmarks.quality import comparison, measures, metrics, tables
from benchmarks.quality.asking import Asked, Plan, ask_all
from benchmarks.quality.diagram import diagram
from benchmarks.quality.rows import Row, dump, load
from benchmarks.talks import Talk

#: What `without` of a recall may name, where the service's own description lists no names.
CHANNELS = ("dense", "lexical", "temporal", "entity", "tags", "salience")
STAGES = ("contiguity", "rerank", "understanding")


def main() -> None:
    """Remember, ask, print; keep the rows and compare if told to."""
    given = _arguments()
    data = load_data(given.data or [talks.CORPORA])
    if not any(one.questions for one in data):
        sys.exit(f"no questions in {', '.join(map(str, given.data))}")
    before = load(given.against) if given.against else []
    with service.running(given) as client:
        ablate = _ablate(client, given.without) if given.ablate else None
        plan = Plan(limit=given.limit, threads=given.threads, ablate=ablate)
        asked = ask_all(client, data, plan)
    _print(data, asked, before)
    if given.svg and (said := tables.forecasts(asked.rows)):
        given.svg.write_text(diagram(metrics.equal_mass(said)), encoding="utf-8")
    if given.json:
        given.json.write_text(json.dumps(_results(given, asked)) + "\n", encoding="utf-8")


def load_data(paths: Iterable[Path]) -> list[Talk | Library]:
    """What the files and folders hold; files of another kind are passed over."""
    found: list[Talk | Library] = []
    for path in paths:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in files:
            if file.suffix in {".json", ".txt"}:
                found += [*talks.read(file), *passages.read(file)]
    return found


def names_to_leave_out(description: dict[str, Any], named: set[str]) -> list[str]:
    """From the service's own description, else those known here and those that hits name."""
    fields = description["components"]["schemas"]["RecallIn"]["properties"]
    if "without" not in fields:
        sys.exit("this service's recall has no `without`: nothing can be left out")
    listed: list[str] = fields["without"].get("items", {}).get("enum", [])
    return listed or [*dict.fromkeys([*CHANNELS, *sorted(named)]), *STAGES]


def _ablate(client: httpx.Client, chosen: Sequence[str]) -> Callable[[set[str]], Sequence[str]]:
    description = client.get("/openapi.json").raise_for_status().json()
    return lambda named: chosen or names_to_leave_out(description, named)


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="*", type=Path, metavar="DATA",
                        help="files or folders; none: our own conversations")  # fmt: skip
    parser.add_argument("--limit", type=int, help="questions of each source, spread evenly")
    parser.add_argument("--threads", type=int, default=2, help="questions asked at a time")
    parser.add_argument("--ablate", action="store_true", help="leave out one part at a time, too")
    parser.add_argument("--without", nargs="+", default=[], metavar="PART",
                        help="the parts that --ablate leaves out; otherwise all")  # fmt: skip
    parser.add_argument("--against", type=Path, help="an earlier --json, to print the differences")
    parser.add_argument("--svg", type=Path, help="write the reliability diagram there")
    return service.arguments(parser)


def _print(data: Sequence[Talk | Library], asked: Asked, before: Sequence[Row]) -> None:
    rows, where = asked.rows, service.machine()
    print(f"\nQuality ({where['cores']} cores, load {where['load'][0]} at the end)")
    print(f"{len(data)} sources, {len(rows)} questions; {asked.remembered:,} episodes remembered "
          f"and processed in {asked.seconds:.0f} s\n{_speed(rows)}")  # fmt: skip
    if measures.main_rows(rows):
        _section("Evidence recall", tables.evidence(rows))
        _section("Abstention", tables.abstention(rows))
        _section("Context", tables.context(rows))
    if said := tables.forecasts(rows):
        _section("Calibration", tables.calibration(said, metrics.equal_mass(said)))
    if any(row.category == 0 for row in rows):
        _section("Passage recall", tables.library(rows))
    if asked.without:
        _section("Ablation", comparison.ablation(rows, asked.without))
    if before:
        _section("Differences", comparison.differences(rows, before))


def _section(title: str, text: str) -> None:
    print(f"\n### {title}\n\n{text}")


def _speed(rows: Sequence[Row]) -> str:
    times = sorted(row.ms for row in rows)
    return f"recall p50 {times[len(times) // 2]:.0f} ms, p95 {times[int(len(times) * 0.95)]:.0f} ms"


def _results(given: Namespace, asked: Asked) -> dict[str, Any]:
    return {
        "machine": service.machine(),
        "data": [str(path) for path in given.data],
        "backend": None if given.url else given.backend,
        "rows": dump(asked.rows),
        "without": {name: dump(rows) for name, rows in asked.without.items()},
    }


if __name__ == "__main__":
    main()
