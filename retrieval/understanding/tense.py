"""Tells plans from what happened, and whether an open date ("on Friday") lies ahead."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.understanding.words import IRREGULAR_PAST

# What was moved lies ahead, whatever the tense in which the moving is told.
_PLAN = re.compile(
    r"\b(?:will|won't|going to|gonna|plan(?:s|ned|ning)? (?:to|on|for)|hop(?:e|es|ing) to|about "
    r"to|intend(?:s|ing)? to|scheduled|booked|signed up|due|deadline|looking forward|tomorrow|"
    r"might|may(?! \d)|want to|would like|thinking (?:of|about)|considering|(?:moved|slipped|"
    r"pushed|postponed|rescheduled|delayed|shifted|slips|moves)\b.{0,40}?\b(?:to|until|"
    r"till|by)(?= (?:the )?\d| next\b"
    r"| (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)))\b"
    r"|'(?:ll|d (?:like|love)) ",
)
_PRESENT = re.compile(r"(?:\b(?:am|is|are)|'m|'re|'s)\b")
_BACK = re.compile(r"since\b", re.IGNORECASE)
_BOUNDARY = re.compile(
    r"[,;:] |\s[-–—]\s|[.!?] |\b(?:and|but|so|because|when|who|which|that|though)\b"
)
_PAST = re.compile(
    rf"(?<!-)\b(?:was|were|had|did|didn't|wasn't|weren't|been|(?!hundred|need)[a-z]{{2,}}ed|"
    rf"{'|'.join(sorted(IRREGULAR_PAST))})\b",
)
_TENTATIVE = re.compile(
    r"\b(?:might|may(?! \d)|probably|maybe|perhaps|not sure|thinking (?:of|about)|considering)\b"
)


def is_plan(sentence: str) -> bool:
    """Whether the sentence tells of what is meant to happen."""
    return bool(_PLAN.search(sentence))


@dataclass(frozen=True, kw_only=True, slots=True)
class Direction:
    """Where an open date lies; not certain if its own clause does not tell."""

    ahead: bool
    certain: bool


def direction(sentence: str, position: int) -> Direction:
    """Whether the date at this position is the next one of its name or the last one."""
    if _BACK.match(sentence, position):
        return Direction(ahead=False, certain=True)
    clause = _clause(sentence, position)
    if is_plan(clause) or _PRESENT.search(clause):
        return Direction(ahead=True, certain=not _PAST.search(clause) or is_plan(clause))
    if _PAST.search(clause):
        return Direction(ahead=False, certain=True)
    return Direction(ahead=is_plan(sentence) or not _PAST.search(sentence), certain=False)


def _clause(sentence: str, position: int) -> str:
    before = list(_BOUNDARY.finditer(sentence, 0, position))
    after = _BOUNDARY.search(sentence, position)
    start = before[-1].end() if before else 0
    return sentence[start : after.start() if after else len(sentence)]


def is_tentative(sentence: str) -> bool:
    """Whether the speaker leaves open if it is so."""
    return bool(_TENTATIVE.search(sentence))
