"""Finds what a speaker takes back: "sorry, I meant 19 November", "62,000, not 64,000"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.understanding.periods import MONTHS


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """The value that is right, and the one that is wrong if that was said again."""

    new: str
    old: str | None


_MONTH = "|".join(MONTHS)
_DATE = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})|(?:{_MONTH}) \d{{1,2}}(?:st|nd|rd|th)?)"
)
_NUMBER = r"[$€£]?\d[\d,.:]*\d|\d{1,2}(?:st|nd|rd|th)|[$€£]?\d+"
_NAME = r"[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,3}"
_VALUE = rf"(?:{_DATE}|{_NUMBER}|{_NAME})"
_SORRY = r"(?:(?:wait|sorry|oops|no|correction|actually|ah|oh|hang on|my mistake)[,.:!]?\s+)*"
_NEW = rf"(?:the )?(?P<new>{_VALUE})(?: [a-z]+)?"
_OLD = rf"(?:the )?(?P<old>{_VALUE})(?: [a-z]+)?"
_CORRECTIONS = (
    re.compile(rf"{_SORRY}(?:I meant|I mean|make that|(?:that|it) should (?:be|have been))\s+"
               rf"{_NEW}(?:,? (?:and )?not {_OLD})?\s*[.!]*$", re.IGNORECASE),
    re.compile(rf"(?:(?:wait|sorry|oops|no|correction|actually)[,.:!]?\s+)+(?:it's |it is |"
               rf"that's )?"
               rf"{_NEW},? (?:and )?not {_OLD}\s*[.!]*$", re.IGNORECASE),
    re.compile(rf"(?:(?:wait|sorry|oops|correction)[,.:!]?\s+)+(?:it's|it is|it was)\s+{_NEW}\s*"
               r"[.!]*$", re.IGNORECASE),
)  # fmt: skip
_SAID = re.compile(rf"{_SORRY}I said (?:it was )?{_OLD},? but (?P<rest>.+)$", re.IGNORECASE)
#: "Earlier I said I live in York, but I actually live in Leeds", "…, it's actually at 10".
_TOLD = re.compile(
    rf"{_SORRY}(?:(?:earlier|before|last (?:time|week)|yesterday|the other day)[, ]+)?"
    r"I (?:said|told you|mentioned|wrote)(?: (?:earlier|before|last time|yesterday))?(?: that)? "
    r"(?P<wrong>(?:I|my|we|our|the)\b.+?)(?: (?:earlier|before|last time|yesterday))?"
    r"(?:,? but|;|, though|,)(?: (?:actually|really|in fact|in truth|no))*,? "
    r"(?P<rest>(?:(?:I|my|we|our|the)\b|it['’]?s|it is|that['’]?s|it was|make that).+)$",
    re.IGNORECASE,
)
_IT_IS = re.compile(
    rf"(?:it['’]?s|it is|that['’]?s|it was|make that)(?: (?:actually|really|now))*"
    rf"(?: (?:at|on|in))? {_NEW}\s*[.!]*$",
    re.IGNORECASE,
)
_RATHER = re.compile(rf",? (?:and )?not (?:on )?{_OLD}(?=\s*[.!]*$)")
_RETRACTS = re.compile(
    r"(?:oh[, ]+)?(?:actually[, ]+no|no[, ]+wait|wait[, ]+no|scratch that|just kidding|kidding|jk|"
    r"just joking|not really|i'm joking|only joking)\b",
    re.IGNORECASE,
)
_TYPES = tuple(map(re.compile, (_DATE, _NUMBER, _NAME)))


def correction(sentence: str) -> Correction | None:
    """What the sentence corrects, if it does nothing else."""
    for pattern in _CORRECTIONS:
        if match := pattern.match(sentence):
            new, old = match["new"], match.groupdict().get("old")
            return Correction(new=new, old=old) if _kind(new) else None
    return None


def _put_right(wrong: str, rest: str) -> str | None:
    """What was said before with the value that is right; the new statement, if it is whole."""
    match = _IT_IS.match(rest)
    if match is None:
        return None if rest.lower().startswith(("it", "that", "make")) else rest
    again = corrected(wrong, Correction(new=match["new"], old=None))
    return f"{again[0][:1].upper()}{again[0][1:]}" if again else None


def _kind(value: str) -> re.Pattern[str] | None:
    return next((pattern for pattern in _TYPES if pattern.fullmatch(value)), None)


def without_denial(sentence: str) -> str:
    """The new statement alone: "on 1 October, not 24 September", "I said the 3rd, but it is …"."""
    if match := _SAID.match(sentence):
        return match["rest"]
    if match := _TOLD.match(sentence):
        return _put_right(match["wrong"], match["rest"]) or sentence
    return _RATHER.sub("", sentence)


def retracts(sentence: str) -> bool:
    """Whether the speaker takes back the sentence before."""
    return _RETRACTS.match(sentence) is not None


def corrected(earlier: str, found: Correction) -> tuple[str, str] | None:
    """An earlier sentence with the right value, and the wrong one; None if it is not about it."""
    old = found.old or _only_value(earlier, found.new)
    if old is None or old == found.new:
        return None
    place = re.search(rf"(?<![\w,.]){re.escape(old)}(?![\w]|,\d)", earlier)
    if place is None:
        return None
    return f"{earlier[: place.start()]}{found.new}{earlier[place.end() :]}", old


def _only_value(earlier: str, new: str) -> str | None:
    """The one value of the same type that a sentence has behind its first word."""
    pattern = _kind(new)
    if pattern is None:
        return None
    start = len(earlier.split(" ", 1)[0])
    values = [match[0] for match in pattern.finditer(earlier, start)]
    return values[0] if len(values) == 1 else None
