"""How fast episodes are stored, and how close the embedding job comes to the model itself.

python -m benchmarks.ingest --episodes 20000
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any

import httpx

from benchmarks import service, texts

SPACE = "ingest"
#: As many texts as the raw model is timed on; its rate does not depend on more.
SAMPLE = 4000


def main() -> None:
    """Store, wait for the embeddings, time the model, report."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--consolidate", action=BooleanOptionalAction, default=False)
    given = service.arguments(parser)
    with service.running(given) as client:
        stored = store(client, given.episodes, given.batch, consolidate=given.consolidate)
        found = finds(client, given.episodes - 1)
        embedded = wait_embedded(client, given.episodes, stored["seconds"])
        settle_s = wait_settled(client)
    raw = raw_rate(given.episodes) if given.backend == "local" else None
    results: dict[str, Any] = {
        "episodes": given.episodes,
        "batch": given.batch,
        "consolidate": given.consolidate,
        "backend": given.backend,
        "store": stored,
        "rare_word_found": found,
        "embed": embedded,
        "settled_after_s": settle_s,
        "raw_texts_per_s": raw,
        "embed_to_raw": None if raw is None else embedded["texts_per_s"] / raw,
    }
    service.report("Ingest", _rows(results), results, given.json)
    if not found:
        sys.exit("the last episode was not found by its word right after it was stored")


def store(client: httpx.Client, episodes: int, size: int, *, consolidate: bool) -> dict[str, Any]:
    """Post every batch; the bodies are made before the clock starts."""
    bodies = [
        json.dumps({"episodes": batch, "consolidate": consolidate}).encode()
        for batch in texts.batches(0, episodes, size)
    ]
    headers = {"Content-Type": "application/json"}
    each: list[float] = []
    began = time.perf_counter()
    for body in bodies:
        start = time.perf_counter()
        client.post(
            f"/v1/spaces/{SPACE}/episodes", content=body, headers=headers
        ).raise_for_status()
        each.append(time.perf_counter() - start)
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "episodes_per_s": episodes / seconds,
        "first_batch_s": each[0],
        "last_batch_s": each[-1],
        "slowest_batch_s": max(each),
    }


def finds(client: httpx.Client, number: int) -> bool:
    """Whether a turn is recalled by a word that only it contains."""
    word = texts.rare_word(number)
    answer = client.post(f"/v1/spaces/{SPACE}/recall", json={"query": word, "k": 3})
    hits = answer.raise_for_status().json()["hits"]
    return any(word in hit["memory"]["content"] for hit in hits)


def wait_embedded(client: httpx.Client, episodes: int, storing_s: float) -> dict[str, Any]:
    """Wait until nothing is unembedded; the rate counts what was left when storing ended."""
    left = service.status(client, SPACE)["unembedded"]
    began = time.perf_counter()
    while service.status(client, SPACE)["unembedded"]:
        time.sleep(0.2)
    seconds = time.perf_counter() - began
    done_meanwhile = episodes - left
    return {
        "left_after_storing": left,
        "seconds": seconds,
        "texts_per_s": left / seconds if left else done_meanwhile / storing_s,
        "texts_per_s_while_storing": done_meanwhile / storing_s,
    }


def wait_settled(client: httpx.Client) -> float:
    """Seconds until no job is pending."""
    began = time.perf_counter()
    while service.status(client, SPACE)["pending_jobs"]:
        time.sleep(0.2)
    return time.perf_counter() - began


def raw_rate(episodes: int) -> float:
    """Texts per second of the bare model, after the service has stopped, on the same texts."""
    sample = [texts.as_embedded(n) for n in range(max(0, episodes - SAMPLE), episodes)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.raw_model"],
        input=json.dumps(sample),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(json.loads(done.stdout.splitlines()[-1])["texts_per_s"])


def _rows(results: dict[str, Any]) -> list[tuple[str, str]]:
    stored, embedded = results["store"], results["embed"]
    rows = [
        ("episodes, batch", f"{results['episodes']:,}, {results['batch']:,}"),
        ("stored and searchable by words", f"{stored['episodes_per_s']:,.0f} episodes/s"),
        ("first, last, slowest batch",
         f"{stored['first_batch_s']:.2f}, {stored['last_batch_s']:.2f}, "
         f"{stored['slowest_batch_s']:.2f} s"),
        ("rare word found right after", "yes" if results["rare_word_found"] else "NO"),
        ("embedded while storing", f"{embedded['texts_per_s_while_storing']:,.0f} texts/s"),
        ("embedding job afterwards",
         f"{embedded['texts_per_s']:,.0f} texts/s ({embedded['left_after_storing']:,} texts)"),
        ("jobs done after that", f"{results['settled_after_s']:.1f} s"),
    ]  # fmt: skip
    if results["raw_texts_per_s"] is not None:
        rows += [
            ("bare model", f"{results['raw_texts_per_s']:,.0f} texts/s"),
            ("embedding job to bare model", f"{results['embed_to_raw']:.0%}"),
        ]
    return rows


if __name__ == "__main__":
    main()
