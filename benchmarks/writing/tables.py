"""The figures of a run, and the tables that show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.writing import judging, updates
from benchmarks.writing.asking import Answer
from benchmarks.writing.judging import Judged, Verdict
from benchmarks.writing.space import ASKED, Stored
from benchmarks.writing.updates import Outcome

_PRECISE = (Verdict.MATCHED, Verdict.REPEATED, Verdict.TRUE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A storyline, what the service made of it, and the verdict on each memory."""

    stored: Stored
    judged: tuple[Judged, ...]


def result(stored: Stored) -> Result:
    """What was stored, judged."""
    return Result(stored=stored, judged=tuple(judging.judge(stored.story, stored.items)))


def figures(results: Sequence[Result]) -> dict[str, Any]:
    """All that is measured, over some storylines together."""
    return _extraction(results) | _updates(results) | _probes(results)


def _extraction(results: Sequence[Result]) -> dict[str, Any]:
    judged = [one for r in results for one in r.judged]
    stories = [r.stored.story for r in results]
    verdicts = Counter(one.verdict for one in judged)
    golds = sum(len(story.notes.facts) for story in stories)
    recall = _ratio(verdicts[Verdict.MATCHED], golds)
    precision = _ratio(sum(verdicts[v] for v in _PRECISE), len(judged))
    said = sum(len({key for one in r.judged for key in one.says}) for r in results)
    distractors = sum(len(story.notes.distractors) for story in stories)
    kept = sum(judging.stored_distractors(r.stored.story, r.stored.items) for r in results)
    bad = Counter(f"{o.verdict}: {o.reason}" for o in judged if o.reason)
    return {
        "sessions": sum(len(story.sessions) for story in stories),
        "turns": sum(len(story.turns) for story in stories),
        "gold facts": golds,
        "distractors": distractors,
        "memories": len(judged),
        "verdicts": {v.value: verdicts[v] for v in Verdict},
        "bad": dict(bad.most_common()),
        "precision": precision,
        "precision of gold alone": _ratio(verdicts[Verdict.MATCHED], len(judged)),
        "recall": recall,
        "recall, many to one": _ratio(said, golds),
        "f1": _ratio(2 * precision * recall, precision + recall),
        "hallucinated": _ratio(verdicts[Verdict.HALLUCINATED], len(judged)),
        "distractors resisted": _ratio(distractors - kept, distractors),
        "duplicates": sum(len(judging.duplicates(r.stored.story, r.judged)) for r in results),
        "without a valid span": sum(
            len(judging.unquoted(r.stored.story.turns, r.stored.items)) for r in results
        ),
        "counts": dict(sorted(sum((r.stored.counts for r in results), Counter()).items())),
    }


def _updates(results: Sequence[Result]) -> dict[str, Any]:
    found = [pair for r in results for pair in updates.outcomes(r.stored.story, r.judged)]
    tally = Counter(outcome for _, outcome in found)
    right, known = map(sum, zip(*(updates.dated(r.stored.story, r.judged) for r in results),
                                strict=True))  # fmt: skip
    return {
        "updates": len(found),
        "outcomes": {o.value: tally[o] for o in Outcome},
        "update accuracy": _ratio(tally[Outcome.CORRECT], len(found)),
        "contradictions": sum(
            len(updates.contradictions(r.stored.story, r.judged)) for r in results
        ),
        "begin when they began": f"{right} of {known}",
    }


def _probes(results: Sequence[Result]) -> dict[str, Any]:
    answers = [one for r in results for one in r.stored.answers]
    return {
        "probes": {
            f"{when}, {asked}": dict(Counter(
                found.value for name, probe, found in answers
                if name == asked and (probe.as_of is None) == (when == "today")
            ))
            for when in ("today", "as of a date")
            for asked in ASKED
        }
    }  # fmt: skip


def rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The table of `service.report`."""
    shares = ("precision", "precision of gold alone", "recall", "recall, many to one", "f1",
              "hallucinated", "distractors resisted", "update accuracy")  # fmt: skip
    table = []
    for name, value in found.items():
        if name == "probes":
            table += [(f"probes {when}", _probe_row(tally)) for when, tally in value.items()]
        elif isinstance(value, dict):
            table.append((name, ", ".join(f"{key} {n}" for key, n in value.items()) or "none"))
        else:
            table.append((name, f"{value:.1%}" if name in shares else f"{value}"))
    return table


def _probe_row(tally: dict[str, int]) -> str:
    share = _ratio(tally.get(Answer.RIGHT, 0), sum(tally.values()))
    return f"{share:.1%} right ({', '.join(f'{key} {n}' for key, n in sorted(tally.items()))})"


def raw(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Everything behind the figures, for a file."""
    return [
        {
            "storyline": r.stored.story.name,
            "half": r.stored.story.half,
            "derived": r.stored.derived,
            "memories": [_raw_memory(one) for one in r.judged],
            "missed": _missed(r),
            "updates": [
                {"fact": fact.text, "outcome": outcome.value}
                for fact, outcome in updates.outcomes(r.stored.story, r.judged)
            ],
            "duplicates": judging.duplicates(r.stored.story, r.judged),
            "contradictions": sorted(updates.contradictions(r.stored.story, r.judged)),
            "probes": [
                {"asked": name, "question": probe.question, "answer": found.value,
                 "as_of": probe.as_of and probe.as_of.date().isoformat()}
                for name, probe, found in r.stored.answers
            ],
        }
        for r in results
    ]  # fmt: skip


def _raw_memory(one: Judged) -> dict[str, Any]:
    item = one.item
    return {"id": item.id, "text": item.text, "kind": item.kind, "state": item.state,
            "turns": sorted(item.turns), "verdict": one.verdict.value, "reason": one.reason,
            "fact": one.fact, "says": list(one.says)}  # fmt: skip


def _missed(found: Result) -> list[dict[str, str]]:
    said = {key for one in found.judged for key in one.says}
    return [
        {"turn": fact.turns[0], "text": fact.text}
        for fact in found.stored.story.notes.facts
        if fact.key not in said
    ]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
