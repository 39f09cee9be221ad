"""What a prefix is worth: how much of what is asked stands in it, and how much a recall finds."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import httpx

from benchmarks import service, talks
from benchmarks.quality import metrics
from benchmarks.quality.asking import chosen
from benchmarks.quality.space import Space, opened
from benchmarks.talks import Question

#: What has to have run before a prefix can tell of it, in this order.
JOBS = ("merge", "summarise", "reflect", "blocks", "prefix")
#: Tokens of a context as callers ask for it.
_USUAL = 400
#: The part of a prefix that is mined from what is done time and again.
_PATTERNS = "how things are done:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A conversation with its questions, and whose memory it is."""

    name: str
    owner: str
    episodes: Sequence[dict[str, Any]]
    questions: Sequence[Question]
    asked_at: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A text that a model could be shown for a question: its tokens, the shares of gold turns that
    it rests on and of the answer's words that it holds, where an answer is given."""

    tokens: int
    cited: float
    words: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """One conversation: its prefix, and the mean of what each way shows."""

    name: str
    questions: int
    tokens: int
    #: Of the prefix, those of the soft prompt.
    patterns: int
    ways: dict[str, Shown]


def main() -> None:
    """Measure every file and print a table of the ways."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", type=Path, help="conversations with questions")
    parser.add_argument("--limit", type=int, help="at most so many questions of each")
    given = service.arguments(parser)
    figures: list[Figures] = []
    with service.running(given) as client:
        for source in (found for path in given.data for found in read(path)):
            figures.append(measure(client, source, given.limit))
    rows = [row for one in figures for row in _rows(one)]
    results = {"figures": [asdict(one) for one in figures]}
    service.report("What a prefix is worth", rows, results, given.json)


def read(path: Path) -> list[Source]:
    """The conversations of a file, in the form of LoCoMo, of our corpora, or of the demo."""
    found = json.loads(path.read_text(encoding="utf-8")) if path.suffix == ".json" else None
    if isinstance(found, dict) and "episodes" in found:
        return [_demo(found)]
    return [
        Source(
            name=talk.name,
            owner=talk.turns[0].speaker,
            episodes=[turn.episode() for turn in talk.turns],
            questions=talk.questions,
            asked_at=talk.asked_at,
        )
        for talk in talks.read(path)
    ]


def _demo(corpus: dict[str, Any]) -> Source:
    questions = tuple(
        Question(text=q["question"], category=4, answer="", gold=frozenset(q["evidence"]))
        for q in corpus["questions"]
        if q["evidence"]
    )
    return Source(
        name=corpus["space"],
        owner=corpus["episodes"][0]["speaker"],
        episodes=corpus["episodes"],
        questions=questions,
        asked_at=corpus["episodes"][-1]["occurred_at"],
    )


def measure(client: httpx.Client, source: Source, limit: int | None) -> Figures:
    """Remember, run the jobs, and compare the ways question by question."""
    with opened(client, source.name) as space:
        space.set_policies({"owner": source.owner})
        space.remember(source.episodes)
        for job in JOBS:
            space.consolidate([job])
        text, behind = space.prefix()
        budget = metrics.tokens(text)
        asked = [q for _, q in chosen(source.questions, limit) if q.category != 5]
        ways: dict[str, list[Shown]] = {}
        for question in asked:
            for way, shown in _ways(space, source, question, text, behind, budget).items():
                ways.setdefault(way, []).append(shown)
    patterns = text.partition(_PATTERNS)[2].partition(":\n")[0] if _PATTERNS in text else ""
    return Figures(
        name=source.name,
        questions=len(asked),
        tokens=budget,
        patterns=metrics.tokens(patterns),
        ways={way: _mean(shown) for way, shown in ways.items()},
    )


def _ways(
    space: Space, source: Source, question: Question, text: str, behind: set[str], budget: int
) -> dict[str, Shown]:
    """The prefix alone; a context as long; both; and a usual context, with and without it."""
    body: dict[str, Any] = {"query": question.text, "k": 50}
    body |= {"reference_time": source.asked_at} if source.asked_at else {}

    def recalled(tokens: int) -> tuple[str, set[str]]:
        return space.context({**body, "budget_tokens": tokens}) if tokens else ("", set())

    once, usual, rest = recalled(budget), recalled(_USUAL), recalled(max(0, _USUAL - budget))
    shown: Callable[[str, set[str]], Shown] = lambda told, cited: Shown(  # noqa: E731
        tokens=metrics.tokens(told),
        cited=len(cited & question.gold) / len(question.gold),
        words=metrics.coverage(question.answer, told),
    )
    return {
        "prefix": shown(text, behind),
        "context": shown(*once),
        "prefix and context": shown(f"{text}\n{once[0]}", behind | once[1]),
        f"context of {_USUAL}": shown(*usual),
        f"prefix and the rest of {_USUAL}": shown(f"{text}\n{rest[0]}", behind | rest[1]),
    }


def _mean(shown: Sequence[Shown]) -> Shown:
    words = [one.words for one in shown if one.words is not None]
    return Shown(
        tokens=round(mean(one.tokens for one in shown)),
        cited=round(mean(one.cited for one in shown), 4),
        words=round(mean(words), 4) if words else None,
    )


def _rows(found: Figures) -> list[tuple[str, str]]:
    head = f"{found.questions} questions; prefix of {found.tokens} tokens, patterns of it "
    lines = [(found.name, f"{head}{found.patterns}")]
    for way, one in found.ways.items():
        told = f"{one.tokens:5} tokens, gold {one.cited:6.1%}"
        words = "" if one.words is None else f", words of the answer {one.words:6.1%}"
        lines.append((f"  {way}", told + words))
    return lines
