"""A storyline in the service: remembered session by session, read and asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from benchmarks.quality.space import Space
from benchmarks.writing import asking
from benchmarks.writing.asking import Answer
from benchmarks.writing.matching import Item, item_of
from benchmarks.writing.sessions import Probe, Storyline, session_id

#: A memory in one of these was extracted, whatever became of it.
STATES = ("active", "superseded", "invalidated", "merged", "staged", "quarantined")
#: Whose hits answer a probe: all that is recalled, or memories only.
ASKED: dict[str, tuple[str, ...]] = {"everything": (), "semantic": ("semantic",)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """What the service made of a storyline."""

    story: Storyline
    items: tuple[Item, ...]
    #: Of each session, how many memories were derived from it when it had been processed.
    derived: dict[int, int]
    #: Counts of the runs that stored them, `rejected:<reason>` among them.
    counts: Counter[str]
    #: What of `ASKED`, the probe, what was found.
    answers: tuple[tuple[str, Probe, Answer], ...]


def stored(client: httpx.Client, story: Storyline) -> Stored:
    """Remember a storyline in a space of its own, read and ask, and erase it."""
    space = Space(client, f"writing-{story.name}-{uuid4().hex[:8]}")
    try:
        derived = dict(_remembered(client, space, story))
        items = [item_of(cube) for cube in _listed(client, space.name)]
        return Stored(
            story=story,
            items=tuple(items),
            derived=derived,
            counts=_counts(client, items),
            answers=tuple(
                (name, probe, asking.answer(probe, _hits(space, story, probe, types)))
                for name, types in ASKED.items()
                for probe in story.probes
            ),
        )
    finally:
        space.erase()


def _remembered(client: httpx.Client, space: Space, story: Storyline) -> Iterator[tuple[int, int]]:
    for number in story.sessions:
        said = [turn for turn in story.turns if turn.session == number]
        space.remember([turn.episode(story.name) for turn in said])
        path = f"sessions/{session_id(story.name, number)}/derived"
        derived = _pages(client, f"/v1/spaces/{space.name}/{path}", {})
        yield number, sum(cube["type"] == "semantic" for cube in derived)


def _listed(client: httpx.Client, space: str) -> Iterator[dict[str, Any]]:
    """Semantic memories in all states, oldest first within a state."""
    for state in STATES:
        asked = {"type": "semantic", "state": state}
        yield from reversed(list(_pages(client, f"/v1/spaces/{space}/memories", asked)))


def _pages(client: httpx.Client, path: str, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        answer = client.get(path, params={"limit": "100", **asked, **cursor})
        page = answer.raise_for_status().json()
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


def _counts(client: httpx.Client, items: Sequence[Item]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for run_id in {item.run_id for item in items if item.run_id}:
        counts.update(client.get(f"/v1/runs/{run_id}").raise_for_status().json()["counts"])
    return counts


def _hits(
    space: Space, story: Storyline, probe: Probe, types: Sequence[str]
) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = space.recall(asking.body(story, probe, types))["hits"]
    return hits
