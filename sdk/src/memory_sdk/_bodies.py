"""Request bodies from what callers hand in; pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeVar

from memory_sdk._options import Episode, EpisodeOptions, Outcome, RecallOptions, checked

#: An episode as callers may give it: its words alone, a record, or a mapping such as JSON holds.
EpisodeLike = str | Episode | Mapping[str, object]

#: Sent always, so that the answer does not depend on the defaults of the service's version.
_RECALL_DEFAULTS = {"mode": "fast", "explain": True, "include_superseded": False}
Entry = TypeVar("Entry")


def episodes_body(
    episodes: EpisodeLike | Iterable[EpisodeLike],
    shared: EpisodeOptions,
    *,
    consolidate: bool,
) -> dict[str, object]:
    """The body that remembers episodes, one or many."""
    fields = checked({**shared}, EpisodeOptions)
    many = [episodes] if isinstance(episodes, (str, Episode, Mapping)) else episodes
    return {"episodes": [_episode(e, fields) for e in many], "consolidate": consolidate}


def recall_body(
    query: str, options: RecallOptions, *, k: int | None, budget_tokens: int | None
) -> dict[str, object]:
    """The body that recalls for a query."""
    given = checked({**options}, RecallOptions)
    if options.get("time_range") is not None:
        given["time_range"] = _time_range(options)
    body = {**_RECALL_DEFAULTS, **given, "query": query, "k": k, "budget_tokens": budget_tokens}
    return {name: value for name, value in body.items() if value is not None}


def feedback_body(
    used: Iterable[str], irrelevant: Iterable[str], outcome: Outcome | None
) -> dict[str, object]:
    """The body that judges a recall; raises TypeError for one id where several are meant."""
    for ids in (used, irrelevant):
        if isinstance(ids, str):
            raise TypeError("give a list of memory ids, not one")
    body: dict[str, object] = {"used": list(used), "irrelevant": list(irrelevant)}
    return body if outcome is None else {**body, "outcome": outcome}


def named(names: Iterable[str]) -> list[str]:
    """The names of jobs or blocks; raises TypeError for one name where several are meant."""
    if isinstance(names, str):
        raise TypeError("give a list of names, not one")
    return list(names)


def ndjson(lines: Iterable[Mapping[str, object] | str]) -> Iterator[bytes]:
    """The lines as they travel; texts, such as those of an open file, are taken as they are."""
    for line in lines:
        text = line.strip() if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
        if text:
            yield text.encode() + b"\n"


def batches(entries: Iterable[Entry], size: int) -> Iterator[list[Entry]]:
    """The entries in lists of at most that size, read only as far as they are needed."""
    if size < 1:
        raise ValueError("a batch holds at least one")
    iterator = iter(entries)
    while batch := list(islice(iterator, size)):
        yield batch


def _episode(episode: EpisodeLike, shared: Mapping[str, object]) -> dict[str, object]:
    if isinstance(episode, str):
        return {**shared, "content": episode}
    if isinstance(episode, Episode):
        return {**shared, **episode.model_dump(exclude_unset=True)}
    return {**shared, **episode}


def _time_range(options: RecallOptions) -> dict[str, object]:
    start, end = options["time_range"] or (None, None)
    return {"from": start, "to": end}
