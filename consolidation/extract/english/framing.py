"""Takes off what people say around their point: openers, names of those spoken to, asides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_OPENER = re.compile(
    r"(?:(?:yeah|yea|yes|yep|yup|no|nope|nah|wow|whoa|oh|ooh|ah|aw|aww|well|so|and|but|plus|also|"
    r"ok|okay|hey|hi|hello|haha+|lol|hmm+|um|uh|btw|by the way|actually|honestly|anyway|anyways|"
    r"totally|absolutely|definitely|for sure|sure|of course|exactly|right|true|thanks|thank you|"
    r"nice|great|cool|awesome|good news|bad news|big news|news|update|guess what|you know(?: what)?"
    r"|i mean|to be honest|tbh|fyi|morning|good morning|same|congrats|sorry|ugh|phew|yikes|"
    r"just that|remind me(?: that)?|correction(?: first)?|other news|one more thing|by the way|"
    r"fun fact|either way|no doubt|indeed|listen|look)"
    r"(?:\s*[,.!:;]+|\s+[-–—]+|(?=\s+(?:(?:and\s+)?(?:I|we|my|I'm|I've)|still)\b))\s*|"
    r"[-*+•–—]+\s+|\d{1,2}[.)]\s+"
    r"|(?:so|because|cause|'cause)\s+(?=(?:I|my|we|our|yeah|yes|no|thanks)\b)|(?:and|but)"
    r"\s+(?=\w))",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r",\s*(?:(?:as )?you (?:know|remember|can imagine)|i mean|like i said|to be honest|tbh)\b,?"
    r"|\s*[:;]-?[()DPp](?!\w)"
    r"|,?\s+(?:like|as) you (?:said|say|told me|suggested|asked|predicted|wanted|thought)\b"
    r"|,\s*(?:just )?(?:wait (?:till|until|for)|you (?:should|have to|must|know|see|won't|can't|"
    r"can|would|"
    r"might|may)|you'(?:d|ll|ve|re))\b[^,;.!?]{0,60}[\s.!]*$"
    # What is asked behind it does not make a question of what is stated.
    r"|,\s*(?:did|do|does|is|are|was|were|have|has|can|could|will|would|shall|want|wanna|isn't|"
    r"aren't|don't|doesn't|didn't|haven't|can't|how|what|any)\b[^,;?.!]{2,60}\?\s*$"
    r"|,\s*(?:(?:by the way|btw|though|obviously|haha+|lol|imagine that|don't worry|mind you|"
    r"remember|right|please [^,.;]{1,40}|(?:did|have) I (?:tell|mention|say|told|"
    r"mentioned)[^,.;]{0,20})"
    r"[\s.!?]*)+$",
    re.IGNORECASE,
)
_GREETING = r"(?:(?:hey|hi|hello|thanks|oh|yeah|yes|well|wow|no)\s+)?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listeners:
    """The people of a conversation, where they are spoken to: "Hey Mel, …", "…, Caroline!"."""

    leading: re.Pattern[str]
    trailing: re.Pattern[str]


def listeners(names: Iterable[str]) -> Listeners:
    """The people by these names, and by the short forms of their first names."""
    return _listeners(tuple(sorted({name.split()[0] for name in names})))


@lru_cache(maxsize=256)
def _listeners(first_names: tuple[str, ...]) -> Listeners:
    # A pattern that never matches stands in for nobody.
    anyone = "|".join(_with_short_forms(name) for name in first_names) or r"(?!)"
    return Listeners(
        leading=re.compile(rf"{_GREETING}(?:{anyone})\s*[,!:–—-]+\s*", re.IGNORECASE),
        trailing=re.compile(rf",\s*(?:{anyone})(?=\s*[.!…]*\s*$)", re.IGNORECASE),
    )


def _with_short_forms(name: str) -> str:
    tail = "".join(f"(?:{re.escape(char)}" for char in name[3:]) + ")?" * len(name[3:])
    return rf"\b{re.escape(name[:3])}{tail}\b"


def point_start(content: str, start: int, end: int, people: Listeners) -> int:
    """Where the point begins behind "Yeah," or "Hey Mel,"; never the end."""
    position = start
    while match := _OPENER.match(content, position, end) or people.leading.match(
        content, position, end
    ):
        if match.end() >= end:
            break
        position = match.end()
    return position


def without_asides(sentence: str, people: Listeners) -> str:
    """The sentence on one line, without asides and without the name of a listener at its end."""
    plain = _ASIDE.sub("", people.trailing.sub("", sentence))
    return " ".join(plain.split()).lstrip(" ,")
