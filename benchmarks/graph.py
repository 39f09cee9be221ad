"""The graph channel over HTTP: how long a question waits for it, the first one and later ones.

python -m benchmarks graph --entities 10000 --relations 100000
"""

from __future__ import annotations

import random
import statistics
import time
from argparse import ArgumentParser
from typing import Any

import httpx

from benchmarks import service, texts

SPACE = "graph"
_BATCH = 1000
_PREDICATES = ("knows", "visited", "made", "owns")


def main() -> None:
    """Write a graph, then ask about what is in it."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=10_000)
    parser.add_argument("--relations", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=100)
    given = service.arguments(parser)
    with service.running(given) as client:
        chance = random.Random(1)  # noqa: S311 - a graph, not a secret
        began = time.perf_counter()
        write(client, chance, given.entities, given.relations)
        written = time.perf_counter() - began
        cold = ask(client, chance, given.entities, 1)
        warm = ask(client, chance, given.entities, given.questions)
        relate(client, chance, given.entities, 1)
        changed = ask(client, chance, given.entities, 1)
    results = {"entities": given.entities, "relations": given.relations, "written_s": written,
               "cold_ms": cold, "warm_ms": warm, "changed_ms": changed}  # fmt: skip
    service.report("Graph", _rows(results), results, given.json)


def write(client: httpx.Client, chance: random.Random, entities: int, relations: int) -> None:
    """Passages that name two things each, and relations between things; waits until all is done."""
    passages = [_passage(number, chance, entities) for number in range(entities)]
    for start in range(0, len(passages), _BATCH):
        body = {"episodes": passages[start : start + _BATCH]}
        client.post(f"/v1/spaces/{SPACE}/episodes", json=body).raise_for_status()
    for start in range(0, relations, _BATCH):
        relate(client, chance, entities, min(_BATCH, relations - start))
    while (now := service.status(client, SPACE))["pending_jobs"] or now["unembedded"]:
        time.sleep(0.5)


def relate(client: httpx.Client, chance: random.Random, entities: int, count: int) -> None:
    """Write relations between things of the space."""
    body = {
        "relations": [
            {
                "subject": thing(chance.randrange(entities)),
                "predicate": chance.choice(_PREDICATES),
                "object": thing(chance.randrange(entities)),
            }
            for _ in range(count)
        ]
    }
    client.post(f"/v1/spaces/{SPACE}/relations", json=body).raise_for_status()


def ask(client: httpx.Client, chance: random.Random, entities: int, questions: int) -> list[float]:
    """The milliseconds that so many questions spent on the graph."""
    spent = []
    for _ in range(questions):
        one, other = (thing(chance.randrange(entities)) for _ in range(2))
        body = {"query": f"What does {one} have to do with {other}?", "k": 10}
        answer = client.post(f"/v1/spaces/{SPACE}/recall", json=body).raise_for_status().json()
        spent.append(float(answer["timings_ms"]["graph"]))
    return spent


def thing(number: int) -> str:
    """A name that resembles no other."""
    return texts.rare_word(number)


def _passage(number: int, chance: random.Random, entities: int) -> dict[str, Any]:
    other = thing(chance.randrange(entities))
    text = f"{thing(number)}\n{thing(number)} was seen with {other} on a day like any other."
    return {"content": text, "kind": "document", "external_id": f"passage-{number}"}


def _rows(results: dict[str, Any]) -> list[tuple[str, str]]:
    warm = results["warm_ms"]
    slow = statistics.quantiles(warm, n=20, method="inclusive")[18]
    return [
        ("entities, relations", f"{results['entities']:,}, {results['relations']:,}"),
        ("written in", f"{results['written_s']:.1f} s"),
        ("first question", f"{results['cold_ms'][0]:.1f} ms: reads the graph"),
        ("next ones, p50, p95", f"{statistics.median(warm):.1f}, {slow:.1f} ms"),
        ("after one more relation", f"{results['changed_ms'][0]:.1f} ms: reads what came"),
    ]


if __name__ == "__main__":
    main()
