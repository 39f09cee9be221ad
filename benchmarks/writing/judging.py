"""What became of every stored memory and of every gold fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from benchmarks.writing.lines import SECRET, Distractor
from benchmarks.writing.matching import (
    Item,
    about_the_same,
    agreement,
    assigned,
    essential,
    scores,
    similar,
)
from benchmarks.writing.sessions import Storyline, Turn
from benchmarks.writing.wording import Wording, f1, says, stems, worded

#: Share of a memory's words that its turn must have said, and that notes of the turn must confirm.
_SAID, _CONFIRMED = 0.75, 0.5
#: Overlap of two memories that say the same.
_SAME = 0.9


class Verdict(StrEnum):
    """What a stored memory is; the first three are precise."""

    MATCHED = "matched"
    REPEATED = "repeated"
    TRUE = "true"
    HALLUCINATED = "hallucinated"
    JUNK = "junk"


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A memory with its verdict, the reason of a bad one, and all the facts that it says."""

    item: Item
    verdict: Verdict
    reason: str
    #: The fact assigned to it.
    fact: str | None
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence of the notes, ready to be compared."""

    wording: Wording
    needed: frozenset[str]


def judge(story: Storyline, items: Sequence[Item]) -> list[Judged]:
    """The verdict on every memory of a storyline, in order."""
    facts = story.notes.facts
    table = scores(items, facts, story.people)
    chosen = assigned(table)
    found = []
    for row, item in enumerate(items):
        told = tuple(fact.key for column, fact in enumerate(facts) if table[row, column] > 0)
        if row in chosen:
            verdict, reason = Verdict.MATCHED, ""
        else:
            verdict, reason = _unmatched(story, item) if not told else (Verdict.REPEATED, "")
        fact = facts[chosen[row]].key if row in chosen else None
        found.append(Judged(item=item, verdict=verdict, reason=reason, fact=fact, says=told))
    return found


def _unmatched(story: Storyline, item: Item) -> tuple[Verdict, str]:
    said = worded(item.text, story.people, item.subject)
    for one in story.notes.distractors:
        if _says(item, said, one, story.people):
            return Verdict.HALLUCINATED, one.reason
    lines = _lines_of(story, item.turns)
    if not lines:
        turns = [turn for turn in story.turns if turn.id in item.turns]
        spoken = any(not turn.is_assistants for turn in turns)
        return Verdict.JUNK, "a turn that says nothing" if spoken else "an assistant's turn"
    if not any(about_the_same(said, line.wording) for line in lines):
        about_another = said.subjects and any(
            similar(said, line.wording, line.needed) for line in lines
        )
        return (Verdict.HALLUCINATED, "wrong subject") if about_another else (
            Verdict.JUNK, "about nobody in question")  # fmt: skip
    return _supported(story, item, said, lines)


def _supported(
    story: Storyline, item: Item, said: Wording, lines: Sequence[_Line]
) -> tuple[Verdict, str]:
    """True if the turn said its words and numbers, a note confirms them, and neither is negated."""
    spoken = " ".join(turn.text for turn in story.turns if turn.id in item.turns)
    heard = worded(spoken, story.people)
    confirmed = frozenset[str]().union(*(line.wording.words for line in lines))
    if not said.numbers <= heard.numbers:
        return Verdict.JUNK, "another number"
    if _share(said.words, stems(spoken)) < _SAID:
        return Verdict.JUNK, "words of its own"
    if _share(said.words, confirmed) < _CONFIRMED:
        return Verdict.JUNK, "not worth keeping"
    quoted = " ".join(quote.text for quote in item.quotes)
    if said.negated != worded(quoted, story.people).negated:
        return Verdict.JUNK, "negation lost or added"
    return Verdict.TRUE, ""


def _share(words: frozenset[str], among: frozenset[str]) -> float:
    return len(words & among) / len(words) if words else 0.0


def _line(text: str, people: Mapping[str, str], value: str | None = None) -> _Line:
    return _Line(worded(text, people), essential(text, people, value))


def _lines_of(story: Storyline, turns: frozenset[str]) -> list[_Line]:
    """The facts and remarks of some turns."""
    people = story.people
    return [
        *(_line(f.text, people, f.object) for f in story.notes.facts if turns & set(f.turns)),
        *(_line(r.text, people) for r in story.notes.remarks if r.turn in turns),
    ]


def duplicates(story: Storyline, judged: Sequence[Judged]) -> list[tuple[str, str]]:
    """Pairs of active memories that say the same gold fact, or nearly the same words."""
    active = [one for one in judged if one.item.is_active]
    worded_as = {o.item.id: worded(o.item.text, story.people, o.item.subject) for o in active}
    return [
        (a.item.id, b.item.id)
        for a, b in combinations(active, 2)
        if set(a.says) & set(b.says) or _alike(worded_as[a.item.id], worded_as[b.item.id])
    ]


def _alike(a: Wording, b: Wording) -> bool:
    same = (a.subjects, a.negated, a.numbers) == (b.subjects, b.negated, b.numbers)
    return same and f1(a.words, b.words) >= _SAME


def stored_distractors(story: Storyline, items: Sequence[Item]) -> int:
    """How many distractors some memory says, also one that says a fact as well."""
    said = [(item, worded(item.text, story.people, item.subject)) for item in items]
    return sum(
        any(_says(item, words, one, story.people) for item, words in said)
        for one in story.notes.distractors
    )


def _says(item: Item, said: Wording, one: Distractor, people: Mapping[str, str]) -> bool:
    """A secret is given away wherever it stands; all else is compared as facts are."""
    if one.reason == SECRET:
        return says(item.text, one.text)
    line = _line(one.text, people)
    return one.turn in item.turns and agreement(said, line.wording, line.needed) > 0


def unquoted(turns: Sequence[Turn], items: Sequence[Item]) -> list[str]:
    """Memories without evidence, or whose evidence is not what the turn says there."""
    texts = {turn.id: turn.text for turn in turns}
    return [
        item.id
        for item in items
        if not item.quotes
        or any(
            not quote.text.strip()
            or texts.get(quote.turn, "")[quote.start : quote.end] != quote.text
            for quote in item.quotes
        )
    ]
