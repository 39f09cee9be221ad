"""Which of two memories that say the same stays, and what it takes over from the other. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from consolidation.similar import Verdict, duplicate
from stores.ids import MemoryId
from stores.lexical import plain_terms
from stores.linking import Near
from stores.merging import Mergeable


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """One memory goes into another; what the other has to take over beside the evidence."""

    loser: Mergeable
    survivor: Mergeable
    #: Further sources that say what the survivor says.
    confirmations: int

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of both."""
        return tuple(dict.fromkeys([*self.survivor.tags, *self.loser.tags]))

    @property
    def valid_at(self) -> datetime | None:
        """Since when it holds: since the first of the two was so."""
        return _earlier(self.survivor.valid_at, self.loser.valid_at)

    @property
    def revises(self) -> bool:
        """Whether the survivor needs a new version."""
        return (self.tags, self.valid_at) != (self.survivor.tags, self.survivor.valid_at)


def choose(near: Iterable[Near], known: Mapping[MemoryId, Mergeable]) -> tuple[Merge, ...]:
    """What is to be merged: the best stay, each of the others goes into the nearest that does.

    Each pair is compared by itself: that two are like a third makes them no duplicates.
    """
    cosines: defaultdict[MemoryId, dict[MemoryId, float]] = defaultdict(dict)
    for one in near:
        for a, b in ((one.memory_id, one.target_id), (one.target_id, one.memory_id)):
            cosines[a][b] = max(one.cosine, cosines[a].get(b, one.cosine))
    staying: set[MemoryId] = set()
    merges = []
    for memory in sorted(known.values(), key=_worth, reverse=True):
        others = sorted(cosines[memory.id].items(), key=lambda other: (-other[1], other[0]))
        found = (merged(memory, known[i], cosine) for i, cosine in others if i in staying)
        merge = next((m for m in found if m is not None and m.loser is memory), None)
        if merge is None:
            staying.add(memory.id)
        else:
            merges.append(merge)
    return tuple(merges)


def merged(a: Mergeable, b: Mergeable, cosine: float) -> Merge | None:
    """How two memories become one; None where they say different things, or must both stay."""
    if not _same_thing(a, b) or duplicate(a.content, b.content, cosine) is not Verdict.NOOP:
        return None
    survivor, loser = sorted((a, b), key=_worth, reverse=True)
    if loser.pinned or loser.claims or loser.held or survivor.held:
        return None
    further = not loser.episodes <= survivor.episodes
    found = Merge(loser=loser, survivor=survivor, confirmations=loser.confirmations + int(further))
    if found.valid_at != survivor.valid_at and survivor.claims:
        # Since when a claim holds follows from what was said, which is for the beliefs to tell.
        return None
    return found


def _same_thing(a: Mergeable, b: Mergeable) -> bool:
    """Whether two memories may say the same of the same, whatever their words."""
    alike = a.id != b.id and (
        a.kind,
        a.visibility,
        a.sensitivity,
        a.invalid_at,
        a.expires_at,
        a.happened,
    ) == (b.kind, b.visibility, b.sensitivity, b.invalid_at, b.expires_at, b.happened)
    if not alike or (a.happened and _day(a.moment) != _day(b.moment)):
        return False
    if a.named and b.named and a.named != b.named:
        return False
    if a.subject and b.subject:
        return a.subject.casefold() == b.subject.casefold()
    # Without a subject it may be about whoever said it.
    return not (a.speakers and b.speakers) or a.speakers == b.speakers


def _worth(one: Mergeable) -> tuple[object, ...]:
    """The better of two: pinned, sure of its claim, written by a caller, better supported, newer,
    more specific.
    """
    terms = len(frozenset(plain_terms(one.content)))
    support = len(one.episodes) + one.confirmations
    return one.pinned, one.claims, one.written, support, one.created_at, terms, one.id


def _day(moment: datetime | None) -> object:
    return None if moment is None else moment.date()


def _earlier(a: datetime | None, b: datetime | None) -> datetime | None:
    """None is unknown: then the other is all that is known."""
    known = [moment for moment in (a, b) if moment is not None]
    return min(known, default=None)
