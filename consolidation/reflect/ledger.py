"""The ledger of insights: which are drawn, which gain or lose, which die.

A score starts at 2. New sources that say the same add 1 (at most once in a run); a recall that
used the insight adds 1, one that used it and failed takes 2, one that found it irrelevant takes 1.
At 0 an insight dies (ExpeL, G-Memory). It rises to 10 at most: what was often right and is wrong
now has to go in time, and every new score is a version to keep.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from consolidation.reflect.motives import TIMES, Motive, Pattern
from stores.ids import MemoryId
from stores.insights import Known, Mark, Outcome

FIRST_SCORE, HIGHEST = 2, 10
_AGREED, _USED, _FAILED, _IRRELEVANT = 1, 1, -2, -1


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreed:
    """A motive that is told already, and the episodes that say it beside those it rests on."""

    insight: Known
    motive: Motive
    episodes: frozenset[MemoryId]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """What is to become of the insights of a space."""

    draw: tuple[Motive, ...]
    agreed: tuple[Agreed, ...]
    marks: tuple[Mark, ...]
    #: The new score of each insight whose score changes.
    scores: Mapping[MemoryId, int] = field(default_factory=dict)
    #: Those that count no more, each with the reason.
    ended: Mapping[MemoryId, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing becomes of any."""
        return not (self.draw or self.agreed or self.marks or self.ended)


def settle(
    motives: Sequence[Motive],
    known: Sequence[Known],
    outcomes: Sequence[Outcome],
    *,
    most: int,
) -> Ledger:
    """What becomes of the insights; at most so many are drawn."""
    live = {one.motive: one for one in known if one.live}
    agreed = tuple(_agreed(motives, live))
    marks = [_outcome_mark(outcome) for outcome in outcomes]
    marks += [
        Mark(
            memory_id=one.insight.id,
            cause=f"told {max(one.episodes)}",
            delta=_AGREED,
        )
        for one in agreed
    ]
    counted = [mark for mark in marks if mark.delta]
    by_insight: Counter[MemoryId] = Counter()
    for mark in counted:
        by_insight[mark.memory_id] += mark.delta
    counted_up = {one.id: min(one.score + by_insight[one.id], HIGHEST) for one in live.values()}
    scores = {
        one.id: counted_up[one.id] for one in live.values() if counted_up[one.id] != one.score
    }
    ended = {memory_id: "score" for memory_id, score in scores.items() if score <= 0}
    ended |= {one.id: "sources" for one in live.values() if not _stands(one)}
    new = [motive for motive in motives if motive.key not in live and _is_new(motive, known)]
    return Ledger(
        draw=tuple(new[:most]),
        agreed=agreed,
        marks=tuple(counted),
        scores=scores,
        ended=ended,
    )


def worth(outcome: Outcome) -> int:
    """What a recall that showed an insight says about it."""
    if not outcome.used:
        return _IRRELEVANT
    return _FAILED if outcome.outcome == "failure" else _USED


def _outcome_mark(outcome: Outcome) -> Mark:
    """What is still to be counted: feedback that was changed counts as it is now."""
    return Mark(
        memory_id=outcome.memory_id,
        cause=f"recall {outcome.recall_id}",
        delta=worth(outcome) - outcome.counted,
    )


def _agreed(motives: Iterable[Motive], live: Mapping[str, Known]) -> Iterable[Agreed]:
    for motive in motives:
        insight = live.get(motive.key)
        if insight is not None and (fresh := motive.episodes - insight.episodes):
            yield Agreed(insight=insight, motive=motive, episodes=fresh)


def _stands(insight: Known) -> bool:
    """Whether its sources still say so: both that contradict each other, else any of them.

    What rests on episodes alone has no other sources.
    """
    if insight.pattern == Pattern.CONTRADICTION:
        return insight.standing == insight.sources
    return bool(insight.standing) or not insight.sources


def _is_new(motive: Motive, known: Sequence[Known]) -> bool:
    """Whether it may be told: what died or was taken back needs as much again to speak for it."""
    spent: defaultdict[str, set[MemoryId]] = defaultdict(set)
    for one in known:
        if not one.live:
            spent[one.motive] |= one.episodes
    if motive.key not in spent:
        return True
    return len(motive.episodes - spent[motive.key]) >= TIMES
