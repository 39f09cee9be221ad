"""The corpus of the demo, and what its steps found out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Something to ask, and the external ids of the episodes that hold the answer."""

    text: str
    evidence: tuple[str, ...]
    about: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Corpus:
    """Conversations to remember, as the API takes them, and questions about them."""

    title: str
    space: str
    episodes: tuple[Json, ...]
    questions: tuple[Question, ...]

    @property
    def by_id(self) -> Mapping[str, Json]:
        """The episodes by external id."""
        return {episode["external_id"]: episode for episode in self.episodes}


@dataclass(frozen=True, kw_only=True, slots=True)
class Processed:
    """What the space holds once everything is processed, and how long that took."""

    stored: int
    known: int
    episodes: int
    facts: int
    failed_jobs: int
    remember_s: float
    process_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """The words a fact rests on, and whose they were, when."""

    external_id: str
    text: str
    speaker: str
    date: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One hit as the demo shows it; `known` if it is, or rests on, evidence of the question."""

    id: str
    kind: str
    date: str
    speaker: str
    text: str
    relevance: float
    reason: str
    quotes: tuple[Quote, ...]
    sources: tuple[str, ...]
    known: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A question and its hits, best first."""

    question: Question
    hits: tuple[Hit, ...]
    abstained: bool
    milliseconds: float

    @property
    def recall(self) -> float:
        """The share of the evidence that the hits hold."""
        wanted = set(self.question.evidence)
        found = {source for hit in self.hits for source in hit.sources}
        return len(wanted & found) / len(wanted)


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A context block for a model, and the memories its markers stand for."""

    question: str
    budget: int
    tokens: int
    text: str
    citations: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trail:
    """A fact and the episodes it was derived from, down to the words."""

    fact: str
    method: str
    run_id: str | None
    quotes: tuple[Quote, ...]
    episodes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Then:
    """The best hit for one question as of an earlier day, and as of today."""

    question: str
    day: str
    before: Hit
    after: Hit


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """Everything the demo shows."""

    processed: Processed
    asked: tuple[Asked, ...]
    #: What nobody ever said anything about, and what they came close to saying.
    foreign: Asked
    absent: tuple[Asked, ...]
    block: Block
    trail: Trail | None
    then: Then | None
    recall_at_10: float
    questions: int

    @property
    def faults(self) -> tuple[str, ...]:
        """What must not happen."""
        found = []
        if self.processed.failed_jobs:
            found.append(f"{self.processed.failed_jobs} jobs failed")
        found += [f"no hits for: {a.question.text}" for a in self.asked if not a.hits]
        if self.trail is None:
            found.append("no fact has a lineage")
        return tuple(found)


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """Where to go on; what belongs to a service that is not ours is not known."""

    url: str
    data_dir: str | None = None
    key_file: str | None = None
    #: The service is down again and has to be started first.
    stopped: bool = False


def load() -> Corpus:
    """The corpus that comes with the product."""
    raw: Json = json.loads(files("memory_service.demo").joinpath("corpus.json").read_text("utf-8"))
    return Corpus(
        title=raw["title"],
        space=raw["space"],
        episodes=tuple(map(_episode, raw["episodes"])),
        questions=tuple(
            Question(text=q["question"], evidence=tuple(q["evidence"]), about=q["about"])
            for q in raw["questions"]
        ),
    )


def _episode(raw: Json) -> Json:
    """As the API takes it: a document's title is a field of its own."""
    metadata = dict(raw.get("metadata", {}))
    episode = {**raw, "metadata": metadata}
    if raw["kind"] == "document" and "title" in metadata:
        episode["title"] = metadata.pop("title")
    return episode
