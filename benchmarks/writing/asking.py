"""Probes: whether what holds, or held at a date, comes before what does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from benchmarks.writing.sessions import Probe, Storyline
from benchmarks.writing.wording import says

K = 10


class Answer(StrEnum):
    """What the first hit that holds either value says."""

    RIGHT = "right"
    WRONG = "wrong"
    NEITHER = "neither"


def body(story: Storyline, probe: Probe, types: Sequence[str]) -> dict[str, Any]:
    """The question as recall takes it; of the past, by what held then."""
    now = probe.as_of or story.today
    asked: dict[str, Any] = {"query": probe.question, "k": K, "types": list(types)}
    asked |= {"reference_time": now.isoformat()}
    return asked | ({"as_of": {"valid": probe.as_of.isoformat()}} if probe.as_of else {})


def answer(probe: Probe, hits: Sequence[Mapping[str, Any]]) -> Answer:
    """A hit with both values ("moved from Leeds to York") is right: it tells the expected one."""
    for hit in hits:
        text = hit["memory"]["content"]
        if says(text, probe.expected):
            return Answer.RIGHT
        if says(text, probe.forbidden):
            return Answer.WRONG
    return Answer.NEITHER
