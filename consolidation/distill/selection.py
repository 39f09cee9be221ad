"""Which memories may become weights, and why each other one may not; a pure function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from consolidation.distill.lessons import Lesson, lesson_of
from consolidation.distill.policy import Selection
from stores.candidates import Candidate

#: Tags by which a writer consents, or does not.
LEARN, NEVER_LEARN = "learn", "never-learn"
_SHARED = frozenset({"space", "tenant"})


class Reason(StrEnum):
    """Why a memory is not learned; the first that holds is given."""

    KIND = "kind"
    NOT_CONSENTED = "not-consented"
    SENSITIVE = "sensitive"
    PRIVATE = "private"
    HELD = "legal-hold"
    ENDS = "ends"
    UNTRUSTED = "untrusted"
    UNVERIFIED = "unverified"
    CONTRADICTED = "contradicted"
    UNSTABLE = "unstable"
    UNUSED = "unused"
    IDLE = "idle"
    NOTHING_TO_ASK = "nothing-to-ask"
    SAID_TWICE = "said-twice"
    BEYOND_CAPACITY = "beyond-capacity"


@dataclass(frozen=True, kw_only=True, slots=True)
class Excluded:
    """A memory that is not learned, and why."""

    candidate: Candidate
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """A memory that is learned, and how it is taught."""

    candidate: Candidate
    lesson: Lesson


@dataclass(frozen=True, kw_only=True, slots=True)
class Selected:
    """What would be learned, by memory, and what would not."""

    chosen: tuple[Chosen, ...]
    excluded: tuple[Excluded, ...]


def select(candidates: Sequence[Candidate], policy: Selection, now: datetime) -> Selected:
    """Sort the memories of a space out; the most used come first where there are too many."""
    chosen: list[Chosen] = []
    excluded: list[Excluded] = []
    asked: set[tuple[str, str]] = set()
    for one in sorted(candidates, key=lambda c: (-c.used, -c.confirmations, c.id)):
        lesson = lesson_of(str(one.id), one.kind, one.content, one.data)
        reason = _reason(one, policy, now)
        if reason is None and lesson is None:
            reason = Reason.NOTHING_TO_ASK
        if reason is None and lesson is not None and lesson.pair in asked:
            # One question has one answer: a second lesson would only blur the first.
            reason = Reason.SAID_TWICE
        if reason is None and len(chosen) == policy.most:
            reason = Reason.BEYOND_CAPACITY
        if reason is not None or lesson is None:
            excluded.append(Excluded(candidate=one, reason=reason or Reason.NOTHING_TO_ASK))
            continue
        asked.add(lesson.pair)
        chosen.append(Chosen(candidate=one, lesson=lesson))
    chosen.sort(key=lambda one: one.candidate.id)
    excluded.sort(key=lambda one: one.candidate.id)
    return Selected(chosen=tuple(chosen), excluded=tuple(excluded))


def _reason(one: Candidate, policy: Selection, now: datetime) -> Reason | None:
    """The first thing that keeps a memory out."""
    consented = NEVER_LEARN not in one.tags and (policy.consent or LEARN in one.tags)
    rules = (
        (one.kind not in policy.kinds, Reason.KIND),
        (not consented, Reason.NOT_CONSENTED),
        (bool(set(one.sensitivity) - set(policy.sensitive)), Reason.SENSITIVE),
        (one.visibility not in _SHARED, Reason.PRIVATE),
        (one.legal_hold, Reason.HELD),
        (_ends(one, now), Reason.ENDS),
        (one.trust < policy.trust, Reason.UNTRUSTED),
        (one.confirmations < policy.confirmations, Reason.UNVERIFIED),
        (one.contradicted, Reason.CONTRADICTED),
        (now - one.stable_since < timedelta(days=policy.stable_days), Reason.UNSTABLE),
        (one.used < policy.used, Reason.UNUSED),
        (now - _lately(one) > timedelta(days=policy.idle_days), Reason.IDLE),
    )
    return next((reason for holds, reason in rules if holds), None)


def _lately(one: Candidate) -> datetime:
    """When it was last of use, or else became what it is."""
    return max(one.stable_since, one.last_used_at or one.stable_since)


def _ends(one: Candidate, now: datetime) -> bool:
    """Whether it will not hold for good, or does not yet: weights know no time."""
    begins = one.valid_at is not None and one.valid_at > now
    return begins or one.invalid_at is not None or one.expires_at is not None
