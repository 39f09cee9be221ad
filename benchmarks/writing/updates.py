"""What became of facts that changed: the new one known, the old one closed when it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import combinations

from benchmarks.writing.judging import Judged
from benchmarks.writing.lines import Fact
from benchmarks.writing.matching import Item
from benchmarks.writing.sessions import Storyline

#: Predicates that have one value at a time.
FUNCTIONAL = frozenset(
    {"lives_in", "works_at", "has_job", "studies_at", "age", "birthday", "born_in", "from",
     "married_to", "partner", "relationship_status", "nationality", "name", "phone", "email",
     "current_goal", "diet", "native_language", "pet_name"}
)  # fmt: skip
_DAY = timedelta(days=1)


class Outcome(StrEnum):
    """What became of an update."""

    CORRECT = "correct"
    #: The old fact is still taken for true.
    STALE = "stale"
    #: The new fact was not stored, or not as true.
    OMITTED = "omitted"
    #: Old and new are right, but not when the one ended.
    UNDATED = "undated"


def outcomes(story: Storyline, judged: Sequence[Judged]) -> list[tuple[Fact, Outcome]]:
    """The outcome of each update and correction; a stale old fact is worse than anything else."""
    changed = [fact for fact in story.notes.facts if fact.replaces or fact.corrects]
    return [(fact, _outcome(story, fact, judged)) for fact in changed]


def _outcome(story: Storyline, new: Fact, judged: Sequence[Judged]) -> Outcome:
    old = story.fact(new.replaces or new.corrects or "")
    olds, news = _saying(judged, old.key), _saying(judged, new.key)
    if any(item.is_active for item in olds if item not in news):
        return Outcome.STALE
    later = {fact.replaces or fact.corrects for fact in story.notes.facts}
    if not any(item.is_active or new.key in later for item in news):
        return Outcome.OMITTED
    if new.corrects:
        return Outcome.CORRECT
    told = next(turn.occurred_at for turn in story.turns if turn.id == new.turns[0])
    ended = [item for item in olds if item not in news]
    closed = all(
        new.since.has(item.invalid_at)
        if new.since
        else item.invalid_at is not None and item.invalid_at <= told + _DAY
        for item in ended
    )
    begun = new.since is None or any(new.since.has(item.valid_at) for item in news)
    return Outcome.CORRECT if closed and begun else Outcome.UNDATED


def _saying(judged: Sequence[Judged], key: str) -> list[Item]:
    return [one.item for one in judged if key in one.says]


def contradictions(story: Storyline, judged: Sequence[Judged]) -> set[tuple[str, str]]:
    """Pairs of active memories of which at most one can be true, by notes or claims."""
    active = [one for one in judged if one.item.is_active]
    apart = {
        frozenset((fact.key, fact.replaces or fact.corrects or ""))
        for fact in story.notes.facts
        if fact.replaces or fact.corrects
    }
    return {
        (a.item.id, b.item.id)
        for a, b in combinations(active, 2)
        if any(frozenset((x, y)) in apart for x in a.says for y in b.says)
        or _claims_clash(a.item, b.item, story.people)
    }


def _claims_clash(a: Item, b: Item, people: Mapping[str, str]) -> bool:
    if a.predicate is None or a.predicate != b.predicate or a.negated or b.negated:
        return False
    if a.predicate not in FUNCTIONAL and not a.predicate.startswith(("favourite_", "own_")):
        return False
    whom = [people.get((item.subject or "").lower(), item.subject) for item in (a, b)]
    return whom[0] == whom[1] and (a.object or "").lower() != (b.object or "").lower()


def dated(story: Storyline, judged: Sequence[Judged]) -> tuple[int, int]:
    """Of the stored facts whose beginning is known, how many begin then; and how many there are."""
    since = {fact.key: fact.since for fact in story.notes.facts if fact.since}
    known = [(one.item, since[one.fact]) for one in judged if one.fact in since]
    return sum(begin.has(item.valid_at) for item, begin in known), len(known)
