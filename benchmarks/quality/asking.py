"""Every conversation and library is remembered once and asked all its questions, k = 20."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from benchmarks.passages import Library
from benchmarks.quality import metrics
from benchmarks.quality.rows import Packed, Row, time_in
from benchmarks.quality.space import Refused, Space, opened
from benchmarks.talks import Question, Talk

K = 20
BUDGETS = (400, 800)
IN_FULL = "in full"
MODES = ("fast", "deep")
#: Where an answer may say that it does not trust the question; any that is not empty counts.
FLAGS = ("flagged", "flags", "warnings", "cautions")


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is asked besides the plain questions."""

    limit: int | None = None
    threads: int = 2
    #: Channels and stages to leave out, one at a time; asked of what the first answers name.
    ablate: Callable[[set[str]], Sequence[str]] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """All rows; those of the ablation by what was left out; and how fast it was remembered."""

    rows: list[Row]
    without: dict[str, list[Row]]
    remembered: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    name: str
    episodes: list[dict[str, Any]]
    questions: Sequence[Question]
    asked_at: str | None
    modes: Sequence[str]
    #: Turns in full by id; empty for passages, which are not packed.
    lines: dict[str, str]


def ask_all(client: httpx.Client, data: Iterable[Talk | Library], plan: Plan) -> Asked:
    """Remember, wait, ask; one space at a time, erased when it has been asked."""
    asked = Asked(rows=[], without={}, remembered=0, seconds=0.0)
    for source in map(_source, data):
        with opened(client, source.name) as space:
            began = time.perf_counter()
            space.remember(source.episodes)
            spent = time.perf_counter() - began
            rows, channels = _ask(space, source, plan)
            asked.rows.extend(rows)
            for name in plan.ablate(channels) if plan.ablate else ():
                try:
                    left_out, _ = _ask(space, source, plan, without=name)
                except Refused as refusal:
                    print(f"without {name}: {refusal}", file=sys.stderr)
                    continue
                asked.without.setdefault(name, []).extend(left_out)
        asked = Asked(
            rows=asked.rows,
            without=asked.without,
            remembered=asked.remembered + len(source.episodes),
            seconds=asked.seconds + spent,
        )
    return asked


def chosen(questions: Sequence[Question], limit: int | None) -> list[tuple[int, Question]]:
    """At most so many questions with their numbers, spread evenly: files sort them by category."""
    count = min(limit or len(questions), len(questions))
    numbers = (place * len(questions) // count for place in range(count))
    return [(number, questions[number]) for number in numbers]


def _source(data: Talk | Library) -> _Source:
    if isinstance(data, Library):
        return _Source(name=data.name, episodes=[p.episode() for p in data.passages],
                       questions=data.questions, asked_at=None, modes=MODES, lines={})  # fmt: skip
    return _Source(name=data.name, episodes=[t.episode() for t in data.turns],
                   questions=data.questions, asked_at=data.asked_at, modes=MODES[:1],
                   lines={t.id: t.in_full() for t in data.turns})  # fmt: skip


def _ask(
    space: Space, source: _Source, plan: Plan, without: str | None = None
) -> tuple[list[Row], set[str]]:
    """A row for every question and mode, and the channels that found anything."""
    channels: set[str] = set()

    def ask(number: int, question: Question, mode: str) -> Row:
        body: dict[str, Any] = {"query": question.text, "k": K, "mode": mode}
        body |= {"reference_time": source.asked_at} if source.asked_at else {}
        body |= {"without": [without]} if without else {}
        began = time.perf_counter()
        answer = space.recall(body)
        ms = (time.perf_counter() - began) * 1000
        channels.update(name for hit in answer["hits"] for name in hit["channels"])
        row = _row(source.name, number, question, mode, answer, ms)
        if source.lines and question.category != 5 and not without:
            row.packed.update(_packed(space, body, question, row.found, source.lines))
        return row

    wanted = [
        (number, question, mode)
        for mode in source.modes
        for number, question in chosen(source.questions, plan.limit)
    ]
    with ThreadPoolExecutor(plan.threads) as pool:
        rows = list(pool.map(lambda one: ask(*one), wanted))
    return rows, channels


def _row(
    source: str, number: int, question: Question, mode: str, answer: dict[str, Any], ms: float
) -> Row:
    hits = answer["hits"]
    return Row(
        source=source,
        number=number,
        mode=mode,
        category=question.category,
        time=time_in(question.text),
        gold=tuple(sorted(question.gold)),
        found=tuple(dict.fromkeys(turn for hit in hits for turn in hit["turns"])),
        hits=tuple((hit["relevance"], not question.gold.isdisjoint(hit["turns"])) for hit in hits),
        abstained=answer["abstained"],
        flagged=any(answer.get(name) for name in FLAGS),
        ms=ms,
        packed={},
    )


def _packed(
    space: Space,
    body: dict[str, Any],
    question: Question,
    found: Sequence[str],
    lines: dict[str, str],
) -> dict[str, Packed]:
    """What /context makes of it for each budget, and the first 20 turns in full."""
    top = [turn for turn in found[:K] if turn in lines]
    texts = {IN_FULL: ("\n".join(lines[turn] for turn in top), set(top))}
    for budget in BUDGETS:
        texts[str(budget)] = space.context({**body, "budget_tokens": budget})
    return {
        budget: Packed(
            tokens=metrics.tokens(text),
            cited=len(cited & question.gold) / len(question.gold),
            words=metrics.coverage(question.answer, text),
        )
        for budget, (text, cited) in texts.items()
    }
