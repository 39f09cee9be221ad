"""What is learned from: every question's hits, the features they were ranked by, and the gold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import metrics
from benchmarks.quality.space import Space, opened
from benchmarks.talks import Question, Talk

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: As many hits as the service gives.
K = 100
ADVERSARIAL = 5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Example:
    """One question: n hits with f features each, in the order of the answer."""

    category: int
    #: (n, f)
    features: Floats
    #: (n,) whether it rests on gold.
    is_gold: Bools
    #: The turns each hit rests on.
    turns: tuple[tuple[str, ...], ...]
    gold: frozenset[str]

    @property
    def answerable(self) -> bool:
        """Whether its answer is in the conversation."""
        return self.category != ADVERSARIAL

    def recall(self, scores: Floats, k: int) -> float:
        """Evidence recall if the hits stood in the order of these scores."""
        order = np.argsort(-scores, kind="stable")
        found = dict.fromkeys(turn for place in order for turn in self.turns[place])
        return metrics.recall_at(list(found), self.gold, k)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Source:
    """A conversation's examples, and what they weigh in training together."""

    name: str
    weight: float
    examples: tuple[Example, ...]

    @property
    def answerable(self) -> list[Example]:
        """Those that are learned from."""
        return [example for example in self.examples if example.answerable]


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """All sources, with the names of the features in the order of their columns."""

    names: tuple[str, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A question and its hits: the `turns` each rests on, and its `features` by name."""

    category: int
    gold: tuple[str, ...]
    hits: tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A conversation's questions as the service answered them; its weight in training."""

    name: str
    weight: float
    answers: tuple[Answered, ...]


def ask_all(
    client: httpx.Client, talks: Iterable[tuple[Talk, float]], *, threads: int
) -> list[Heard]:
    """Remember each conversation, ask its questions, erase it; each with its weight."""
    heard = []
    for talk, weight in talks:
        with opened(client, talk.name) as space:
            space.remember([turn.episode() for turn in talk.turns])
            heard.append(Heard(name=talk.name, weight=weight, answers=ask(space, talk, threads)))
        print(f"{talk.name}: {len(talk.turns)} turns, {len(talk.questions)} questions", flush=True)
    return heard


def ask(space: Space, talk: Talk, threads: int) -> tuple[Answered, ...]:
    """The answers to a conversation's questions, asked when it ended."""

    def one(question: Question) -> Answered:
        body = {"query": question.text, "k": K, "reference_time": talk.asked_at, "explain": True}
        hits = space.recall(body)["hits"]
        return Answered(
            category=question.category,
            gold=tuple(sorted(question.gold)),
            hits=tuple({"turns": hit["turns"], "features": hit["features"]} for hit in hits),
        )

    with ThreadPoolExecutor(threads) as pool:
        return tuple(pool.map(one, talk.questions))


def dump(heard: Iterable[Heard]) -> list[dict[str, Any]]:
    """For a file: ids and numbers, no text."""
    return [asdict(one) for one in heard]


def load(said: Iterable[dict[str, Any]]) -> list[Heard]:
    """What `dump` made."""
    return [
        Heard(
            name=one["name"],
            weight=one["weight"],
            answers=tuple(
                Answered(category=a["category"], gold=tuple(a["gold"]), hits=tuple(a["hits"]))
                for a in one["answers"]
            ),
        )
        for one in said
    ]


def collected(heard: Sequence[Heard]) -> Collected:
    """All answers as numbers. An answer leaves out the features that are 0."""
    hits = (hit for one in heard for answered in one.answers for hit in answered.hits)
    names = tuple(sorted({name for hit in hits for name in hit["features"]}))
    return Collected(
        names=names,
        sources=tuple(
            Source(
                name=one.name,
                weight=one.weight,
                examples=tuple(example(answered, names) for answered in one.answers),
            )
            for one in heard
        ),
    )


def example(answered: Answered, names: Sequence[str]) -> Example:
    """A question's hits as rows; what an answer does not name is 0."""
    gold = frozenset(answered.gold)
    rows = [[hit["features"].get(name, 0.0) for name in names] for hit in answered.hits]
    turns = tuple(tuple(hit["turns"]) for hit in answered.hits)
    return Example(
        category=answered.category,
        features=np.array(rows, dtype=np.float64).reshape(len(rows), len(names)),
        is_gold=np.array([not gold.isdisjoint(t) for t in turns], dtype=np.bool_),
        turns=turns,
        gold=gold,
    )
