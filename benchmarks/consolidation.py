"""What consolidation saves: evidence recall by tokens, for turns, facts, events and summaries.

python -m benchmarks consolidation [DATA …] [--limit N] [--json OUT]

Every question is asked of each view alone, and its hits are read in order until a budget of tokens
is spent; a view called a context is what the service packs into that budget. A hit or a citation
counts for the turns it rests on, and its text for the words of the answer in it.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks import service, talks
from benchmarks.quality import metrics
from benchmarks.quality.asking import chosen
from benchmarks.quality.command import load_data
from benchmarks.quality.space import Space, opened
from benchmarks.talks import Question, Talk

K = 50
BUDGETS = (50, 100, 200, 400, 800, 1600)
#: Of all questions, those that have an answer in the talk.
_CATEGORIES = {1, 2, 3, 4}
_FACTS = ["fact", "preference", "profile", "procedure"]
VIEWS: Mapping[str, dict[str, Any]] = {
    "turns": {"kinds": ["message"]},
    "facts": {"kinds": _FACTS},
    "events": {"kinds": ["event"]},
    "summaries": {"kinds": ["summary"]},
    "facts and summaries": {"kinds": [*_FACTS, "summary"]},
    "mixed": {"kinds": ["message", "event", *_FACTS, "summary"]},
}
CONTEXTS: Mapping[str, dict[str, Any]] = {
    "context of turns": VIEWS["turns"],
    "context of facts and summaries": VIEWS["facts and summaries"],
    "context": {},
}
JOBS = ["merge", "summarise"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What a question found in a view: by budget, the share of gold turns and of answer words."""

    view: str
    tokens: Mapping[int, int]
    evidence: Mapping[int, float]
    words: Mapping[int, float]


def main() -> None:
    """Remember, consolidate, ask each view, print."""
    given = _arguments()
    data = [one for one in load_data(given.data or [talks.CORPORA]) if isinstance(one, Talk)]
    read: list[Read] = []
    with service.running(given) as client:
        for talk in data:
            with opened(client, talk.name) as space:
                space.remember([turn.episode() for turn in talk.turns])
                space.consolidate(JOBS)
                read += _ask(space, talk, given.limit)
    views = [*VIEWS, *CONTEXTS]
    table = {view: _means([one for one in read if one.view == view]) for view in views}
    questions = len(read) // len(views)
    _print(table, questions)
    if given.json:
        given.json.write_text(json.dumps({"machine": service.machine(), "questions": questions,
                                          "views": table}, indent=2) + "\n")  # fmt: skip


def spend(
    hits: Sequence[Mapping[str, Any]], question: Question, budget: int
) -> tuple[int, float, float]:
    """Tokens, evidence recall and answer words of the first hits that fit into a budget."""
    spent, turns, said = 0, set[str](), []
    for hit in hits:
        cost = metrics.tokens(text_of(hit["memory"]))
        if spent + cost > budget:
            break
        spent += cost
        turns.update(hit["turns"])
        said.append(hit["memory"]["content"])
    _, evidence, words = _worth(question, "\n".join(said), turns)
    return spent, evidence, words


def text_of(memory: Mapping[str, Any]) -> str:
    """A memory as a model is shown it: an utterance or fact with its date."""
    if memory["kind"] == "summary":
        return str(memory["content"])
    day = (memory["time"]["occurred_at"] or memory["time"]["valid_at"] or "")[:10]
    speaker = memory["data"].get("speaker")
    return f"[{day}] {speaker}: {memory['content']}" if speaker else f"[{day}] {memory['content']}"


def _ask(space: Space, talk: Talk, limit: int | None) -> list[Read]:
    asked = [q for _, q in chosen(talk.questions, limit) if q.category in _CATEGORIES]

    def asked_of(question: Question, view: Mapping[str, Any]) -> dict[str, Any]:
        times = {"reference_time": talk.asked_at} if talk.asked_at else {}
        return {"query": question.text, **view, **times}

    def ask(question: Question, view: str) -> Read:
        body = {"k": K, "explain": False, **asked_of(question, VIEWS[view])}
        hits = space.recall(body)["hits"]
        return _read(view, {budget: spend(hits, question, budget) for budget in BUDGETS})

    def pack(question: Question, view: str) -> Read:
        body = asked_of(question, CONTEXTS[view])
        packed = {b: space.context({**body, "k": K, "budget_tokens": b}) for b in BUDGETS}
        return _read(view, {b: _worth(question, *one) for b, one in packed.items()})

    with ThreadPoolExecutor(2) as pool:
        spent = pool.map(lambda one: ask(*one), [(q, v) for q in asked for v in VIEWS])
        packed = pool.map(lambda one: pack(*one), [(q, v) for q in asked for v in CONTEXTS])
        return [*spent, *packed]


def _worth(question: Question, text: str, turns: Set[str]) -> tuple[int, float, float]:
    """Tokens, evidence recall and answer words of a text that cites these turns."""
    words = metrics.coverage(question.answer, text) or 0.0
    return metrics.tokens(text), len(turns & question.gold) / len(question.gold), words


def _read(view: str, found: Mapping[int, tuple[int, float, float]]) -> Read:
    return Read(
        view=view,
        tokens={budget: row[0] for budget, row in found.items()},
        evidence={budget: row[1] for budget, row in found.items()},
        words={budget: row[2] for budget, row in found.items()},
    )


def _means(read: Sequence[Read]) -> list[dict[str, float]]:
    return [
        {
            "budget": budget,
            "tokens": round(mean(one.tokens[budget] for one in read), 1),
            "evidence": round(100 * mean(one.evidence[budget] for one in read), 1),
            "words": round(100 * mean(one.words[budget] for one in read), 1),
        }
        for budget in BUDGETS
    ]


def tokens_for(rows: Sequence[Mapping[str, float]], measure: str, wanted: float) -> float | None:
    """The mean tokens at which a view comes to a value, between budgets in proportion."""
    before = {"tokens": 0.0, measure: 0.0}
    for row in rows:
        if row[measure] >= wanted:
            rise = row[measure] - before[measure]
            share = (wanted - before[measure]) / rise if rise else 0.0
            return before["tokens"] + share * (row["tokens"] - before["tokens"])
        before = {"tokens": row["tokens"], measure: row[measure]}
    return None


def _print(table: Mapping[str, Sequence[Mapping[str, float]]], questions: int) -> None:
    rows = []
    for view, found in table.items():
        for measure in ("evidence", "words"):
            values = "  ".join(f"{row[measure]:5.1f}" for row in found)
            rows.append((f"{view}, {measure} %", values))
    print(f"\n{questions} questions; budgets {', '.join(map(str, BUDGETS))} tokens")
    for name, values in rows:
        print(f"  {name:<42}  {values}")
    print(
        "\nTokens at equal value, as a share of what turns take for it, by the budget of the turns"
    )
    for measure in ("evidence", "words"):
        for view in list(table)[1:]:
            shares = "  ".join(
                f"{'-' if share is None else round(100 * share):>5}"
                for share in shares_of(table["turns"], table[view], measure)
            )
            print(f"  {f'{view}, {measure} %':<42}  {shares}")


def shares_of(
    turns: Sequence[Mapping[str, float]], rows: Sequence[Mapping[str, float]], measure: str
) -> list[float | None]:
    """Per budget of the turns, what a view needs of their tokens for what they come to; or None."""
    needed = [tokens_for(rows, measure, at[measure]) for at in turns]
    return [
        None if tokens is None or not at["tokens"] else tokens / at["tokens"]
        for tokens, at in zip(needed, turns, strict=True)
    ]


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="*", type=Path, metavar="DATA",
                        help="files or folders; none: our own conversations")  # fmt: skip
    parser.add_argument("--limit", type=int, help="questions of each talk, spread evenly")
    return service.arguments(parser)
