"""Recall latency over HTTP as a space grows, with the embedding of the question left out.

python -m benchmarks.recall --sizes 1000 20000 --clients 1 8
"""

from __future__ import annotations

import statistics
import threading
import time
from argparse import ArgumentParser
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx

from benchmarks import service, texts

SPACE = "recall"


def main() -> None:
    """Grow the space step by step and measure at each step."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 5_000, 20_000])
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--questions", type=int, default=200, help="per measurement")
    parser.add_argument("--k", type=int, default=10)
    given = service.arguments(parser)
    measured: list[dict[str, Any]] = []
    with service.running(given) as client:
        before = 0
        for size in sorted(given.sizes):
            grow(client, before, size)
            before = size
            for clients in given.clients:
                measured.append(measure(client, size, clients, given.questions, given.k))
                print(".", end="", flush=True)
    growth = growth_of(measured)
    results = {"backend": given.backend, "measured": measured, "growth": growth}
    service.report("Recall", _rows(measured, growth), results, given.json)


def grow(client: httpx.Client, first: int, end: int) -> None:
    """Store the turns of a range and wait until all is embedded."""
    for batch in texts.batches(first, end, 1000):
        body = {"episodes": batch, "consolidate": False}
        client.post(f"/v1/spaces/{SPACE}/episodes", json=body).raise_for_status()
    while (now := service.status(client, SPACE))["pending_jobs"] or now["unembedded"]:
        time.sleep(0.5)


def measure(
    client: httpx.Client, size: int, clients: int, questions: int, k: int
) -> dict[str, Any]:
    """Ask every question once, from so many clients that do not wait for each other."""
    ask(client, size, 20, k, count(10**6), threading.Lock())  # warms caches and connections
    numbers, lock = count(size), threading.Lock()
    own = [httpx.Client(base_url=client.base_url, headers=client.headers) for _ in range(clients)]
    began = time.perf_counter()
    try:
        with ThreadPoolExecutor(clients) as pool:
            share = questions // clients
            asked = [pool.submit(ask, one, size, share, k, numbers, lock) for one in own]
            answers = [answer for future in asked for answer in future.result()]
    finally:
        for one in own:
            one.close()
    seconds = time.perf_counter() - began
    return {"episodes": size, "clients": clients, "questions": len(answers),
            "answers_per_s": len(answers) / seconds, **_figures(answers)}  # fmt: skip


def ask(
    client: httpx.Client,
    size: int,
    questions: int,
    k: int,
    numbers: count[int],
    lock: threading.Lock,
) -> list[dict[str, float]]:
    """Ask so many questions one after the other; the timings of each in milliseconds."""
    answers = []
    for _ in range(questions):
        with lock:
            number = next(numbers)
        body = {"query": texts.question(number % size), "k": k}
        began = time.perf_counter()
        answer = client.post(f"/v1/spaces/{SPACE}/recall", json=body).raise_for_status()
        over_http = (time.perf_counter() - began) * 1000
        stages: dict[str, float] = answer.json()["timings_ms"]
        answers.append({**stages, "http": over_http, "without_embed": over_http - stages["embed"]})
    return answers


def growth_of(measured: list[dict[str, Any]]) -> dict[str, float]:
    """How many times dearer the largest size is than the smallest, by number of clients."""
    medians: dict[int, list[float]] = defaultdict(list)
    for one in measured:
        medians[one["clients"]].append(one["without_embed"]["p50"])
    return {str(clients): values[-1] / values[0] for clients, values in medians.items()}


def _figures(answers: list[dict[str, float]]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for answer in answers for name in answer))
    return {name: _quantiles([answer.get(name, 0.0) for answer in answers]) for name in names}


def _quantiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {"p50": cuts[49], "p95": cuts[94], "max": max(values)}


def _rows(measured: list[dict[str, Any]], growth: dict[str, float]) -> list[tuple[str, str]]:
    rows = [("episodes × clients", "p50, p95 without embedding │ with │ embedding p50 │ answers/s")]
    for one in measured:
        without, over_http = one["without_embed"], one["http"]
        rows.append((
            f"{one['episodes']:,} × {one['clients']}",
            f"{without['p50']:.1f}, {without['p95']:.1f} ms │ {over_http['p50']:.1f}, "
            f"{over_http['p95']:.1f} ms │ {one['embed']['p50']:.1f} ms │ "
            f"{one['answers_per_s']:.0f}",
        ))  # fmt: skip
        stages = [name for name in one if isinstance(one[name], dict)]
        shown = [n for n in stages if n not in {"http", "without_embed", "total", "embed"}]
        rows.append(("  stages, p50", ", ".join(f"{n} {one[n]['p50']:.1f}" for n in shown) + " ms"))
    for clients, times in growth.items():
        rows.append((f"growth, {clients} clients", f"{times:.1f} × from smallest to largest"))
    return rows


if __name__ == "__main__":
    main()
