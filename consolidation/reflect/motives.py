"""Motives: what there is to conclude from what was said. One motive, one insight at most.

* recurring: the same claim, three times over two sessions;
* varied: one predicate of one subject, with three different objects over two sessions;
* together: two entities that are named together more often than by chance;
* regular: what recurs does so on one day of the week;
* contradiction: two memories that cannot both hold, and both still do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from math import log
from operator import attrgetter

from stores.ids import MemoryId
from stores.insights import Bounds, Passage, Said, Together

#: So often, over so many sessions, something is a pattern.
TIMES, SESSIONS = 3, 2
#: Of its times, such a share is on the day of the week on which it is said to be; over so many
#: days at least.
_ON_DAY, _DAYS_APART = 0.8, 13
#: Normalised pointwise mutual information, -1..1, from which two are named together on purpose.
_ON_PURPOSE = 0.3
#: Objects that are told of what is varied.
_TOLD = 5
_NARROW = ("private", "session", "space", "tenant")


class Pattern(StrEnum):
    """What kind of motive."""

    RECURRING = "recurring"
    VARIED = "varied"
    TOGETHER = "together"
    REGULAR = "regular"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, kw_only=True, slots=True)
class Motive:
    """What there is to conclude, what from, and how to say it without a model."""

    key: str
    pattern: Pattern
    content: str
    #: The memories concluded from, and what they say.
    sources: Mapping[MemoryId, str]
    passages: tuple[Passage, ...]
    bounds: Bounds

    @property
    def episodes(self) -> frozenset[MemoryId]:
        """Where it was said."""
        return frozenset(passage.episode_id for passage in self.passages)


def find_motives(
    said: Sequence[Said],
    together: Sequence[Together],
    contradictions: Sequence[tuple[MemoryId, MemoryId]],
) -> list[Motive]:
    """The motives, those that most speaks for first."""
    found = [
        *_claimed(said),
        *_varied(said),
        *_together(together),
        *_contradictions(said, contradictions),
    ]
    return sorted(found, key=lambda motive: (-len(motive.episodes), motive.key))


def sessions(passages: Iterable[Passage]) -> int:
    """In how many sessions; what is in none counts by its day."""
    return len({p.session_id or p.told_at.astimezone(UTC).date() for p in passages})


def recurs(passages: Sequence[Passage]) -> bool:
    """Whether it was said often enough, and not in one breath."""
    return len({p.episode_id for p in passages}) >= TIMES and sessions(passages) >= SESSIONS


def day_of_week(moments: Sequence[datetime]) -> int | None:
    """The day of the week, Monday 0, on which these are; None if it is no rule."""
    days = sorted({moment.astimezone(UTC).date() for moment in moments})
    if len(days) < TIMES or (days[-1] - days[0]).days < _DAYS_APART:
        return None
    [(day, times)] = Counter(d.weekday() for d in days).most_common(1)
    # Three of three could be chance once in fifty times, three of four once in ten.
    return day if times >= TIMES and times / len(days) >= _ON_DAY else None


def together_on_purpose(shared: int, one: int, other: int, all_count: int) -> bool:
    """Whether two are named together more often than their own numbers explain.

    NPMI = ln(p(x, y) / (p(x)·p(y))) / -ln p(x, y) (Bouma 2009).
    """
    if shared >= all_count:
        return False
    mutual = log(shared * all_count / (one * other))
    return mutual / -log(shared / all_count) >= _ON_PURPOSE


def _claimed(said: Sequence[Said]) -> Iterable[Motive]:
    """What is claimed again and again, on one day of the week if it keeps to one."""
    by_claim: defaultdict[str, list[Said]] = defaultdict(list)
    for one in said:
        by_claim[_claim(one)].append(one)
    for key, group in sorted(by_claim.items()):
        if not recurs([one.passage for one in group]):
            continue
        told = min(group, key=lambda one: (one.passage.told_at, one.memory_id)).content
        day = day_of_week([one.happened_at or one.passage.told_at for one in group])
        if day is None:
            yield _motive(f"recurring {key}", Pattern.RECURRING, f"Again and again: {told}", group)
        else:
            content = f"On {_DAYS[day]}s: {told}"
            yield _motive(f"regular {key} {day}", Pattern.REGULAR, content, group)


def _varied(said: Sequence[Said]) -> Iterable[Motive]:
    by_predicate: defaultdict[str, list[Said]] = defaultdict(list)
    for one in said:
        if one.subject_id is not None and one.predicate is not None and one.object:
            by_predicate[f"{one.subject_id} {one.predicate}"].append(one)
    for key, group in sorted(by_predicate.items()):
        ordered = sorted(group, key=lambda one: (one.passage.told_at, one.memory_id))
        objects = {one.object: one.called or "" for one in ordered[::-1]}
        if len(objects) < TIMES or not recurs([one.passage for one in group]):
            continue
        named = list(dict.fromkeys(objects[one.object] for one in ordered))[:_TOLD]
        verb = (group[0].predicate or "").replace("_", " ")
        content = f"{group[0].subject} {verb}, one after the other: {', '.join(named)}"
        yield _motive(f"varied {key}", Pattern.VARIED, content, group)


def _together(pairs: Sequence[Together]) -> Iterable[Motive]:
    for (one, other), rows in groupby(pairs, key=attrgetter("one", "other")):
        group = list(rows)
        first = group[0]
        passages = [row.passage for row in group]
        if recurs(passages) and together_on_purpose(len(group), *first.counts, first.all_count):
            yield Motive(
                key=f"together {one} {other}",
                pattern=Pattern.TOGETHER,
                content=f"{first.names[0]} and {first.names[1]} often come up together",
                sources={},
                passages=tuple(passages),
                bounds=narrowest(row.bounds for row in group),
            )


def _contradictions(
    said: Sequence[Said], pairs: Sequence[tuple[MemoryId, MemoryId]]
) -> Iterable[Motive]:
    by_memory: defaultdict[MemoryId, list[Said]] = defaultdict(list)
    for row in said:
        by_memory[row.memory_id].append(row)
    for pair in sorted({tuple(sorted(pair)) for pair in pairs}):
        group = [row for memory_id in pair for row in by_memory[memory_id]]
        if len({row.memory_id for row in group}) == len(pair):
            one, other = (by_memory[memory_id][0].content for memory_id in pair)
            content = f"Which of these holds is open: “{one}” or “{other}”"
            yield _motive(
                f"contradiction {pair[0]} {pair[1]}", Pattern.CONTRADICTION, content, group
            )


def narrowest(bounds: Iterable[Bounds]) -> Bounds:
    """What may be said of all of them: the least trust, every label, the narrowest circle."""
    every = list(bounds)
    return Bounds(
        trust=min(one.trust for one in every),
        sensitivity=tuple(sorted({label for one in every for label in one.sensitivity})),
        visibility=min((one.visibility for one in every), key=_NARROW.index),
    )


def _motive(key: str, pattern: Pattern, content: str, group: Sequence[Said]) -> Motive:
    by_place = {(one.passage.episode_id, one.passage.span.start): one.passage for one in group}
    return Motive(
        key=key,
        pattern=pattern,
        content=content,
        sources={one.memory_id: one.content for one in group},
        passages=tuple(by_place[place] for place in sorted(by_place)),
        bounds=narrowest(one.bounds for one in group),
    )


def _claim(one: Said) -> str:
    """What is claimed; a memory without a claim is one by itself."""
    if one.subject_id is None or one.predicate is None:
        return str(one.memory_id)
    return f"{one.subject_id} {one.predicate} {one.object or ''}"


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
