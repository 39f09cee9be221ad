"""Tells which one of several is meant: "the third conversation", "the first time", "our last"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval.understanding.dates import WEEKDAY, number_of_weekday
from retrieval.understanding.periods import SEASONS, WEEKDAYS
from retrieval.understanding.records import Order, Unit
from retrieval.understanding.words import AUXILIARIES, EMPTY_WORDS

_NTH = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_POSITIONS = {
    **{word: number for number, word in enumerate(_NTH.split(), start=1)},
    **dict.fromkeys(("initial", "earliest", "original"), 1),
    **dict.fromkeys(("last", "latest", "final", "newest", "previous"), -1),
    "penultimate": -2,
}
_ORDINAL = (
    r"(?P<ordinal>most\s+recent|(?:second|third)[\s-](?:to[\s-])?last|last\s+but\s+one|"
    rf"{'|'.join(_POSITIONS)}|\d{{1,2}}(?:st|nd|rd|th))"
)
_SESSION = r"(?P<session>sessions?|conversations?|chats?|discussions?|dialogues?|talks?)"
_MESSAGE = (
    r"(?P<message>messages?|utterances?|things?\s+(?:that\s+)?(?:i|we|you|he|she|they|[A-Z]\w+)\s+"
    r"(?:said|told|asked|mentioned|wrote|talked|say|tell|mention)|questions?\s+(?:that\s+)?i\s+asked)"
)
_EVENT = re.compile(
    rf"(?:\b(?P<whose>the|a|an|my|our|his|her|their|your|its)\s+|'s?\s+){_ORDINAL}\s+(?:(?:{WEEKDAY}\s+)?"
    rf"(?:{_SESSION}|{_MESSAGE})\b|(?P<time>times?)\b|(?P<noun>[^\W\d_][\w-]*))",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"\b{_ORDINAL}\s+(?:(?:{WEEKDAY}\s+)?{_SESSION}|{_MESSAGE}|(?P<time>time))\b", re.IGNORECASE
)
# "When did we last talk", "when did Hana first try sushi".
_ADVERB = re.compile(
    r"\b(?:did|have|has|had|do|was|were|is)(?:n't)?\s+(?P<who>(?:[\w.'-]+\s+){1,4}?)(?P<ordinal>last|first)\s+"
    r"(?P<verb>[a-z]+)\b",
    re.IGNORECASE,
)
_TALKED = frozenset(
    [
        "talk",
        "talked",
        "speak",
        "spoke",
        "spoken",
        "chat",
        "chatted",
        "discuss",
        "discussed",
        "converse",
    ]
)
#: "First name", "latest version", "last week": no order among things remembered.
_TRAPS = frozenset(
    [
        "name",
        "names",
        "hand",
        "floor",
        "grade",
        "class",
        "place",
        "places",
        "aid",
        "lady",
        "ladies",
        "language",
        "degree",
        "half",
        "version",
        "versions",
        "release",
        "releases",
        "impression",
        "impressions",
        "nature",
        "opinion",
        "thought",
        "week",
        "weeks",
        "weekend",
        "weekends",
        "day",
        "days",
        "month",
        "months",
        "year",
        "years",
        "night",
        "morning",
        "evening",
        "afternoon",
        "quarter",
        "minute",
        "minutes",
        "hour",
        "hours",
        "one",
        "two",
        "three",
        "four",
        "five",
        "few",
        "several",
        "couple",
        "century",
        "gear",
        "base",
        "cousin",
        "cousins",
        "person",
        "amendment",
        "resort",
        "straw",
        "supper",
        "chance",
        "generation",
        "step",
        "responder",
        "responders",
        "dates",
        "edition",
        "update",
        "updates",
        "decade",
        "last",
        "long",
        "news",
        "part",
        "spot",
        "row",
    ]
).union(SEASONS, map(str.lower, WEEKDAYS))
_ON_WEEKDAY = re.compile(
    rf"\b(?:on\s+(?:an?\s+|the\s+)?|of\s+)?(?P<day>{'|'.join(WEEKDAYS)})s?\b", re.IGNORECASE
)
_CERTAIN_DAY = re.compile(r"\b(?:last|this|next|past|previous)\s+$", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
#: What the frame of such a question is made of, besides the words that say nothing.
_FRAME = frozenset(
    [
        "talk",
        "talked",
        "talking",
        "speak",
        "spoke",
        "discuss",
        "discussed",
        "discussing",
        "say",
        "said",
        "tell",
        "told",
        "mention",
        "mentioned",
        "session",
        "sessions",
        "conversation",
        "conversations",
        "chat",
        "chats",
        "message",
        "messages",
        "happened",
        "happen",
        "about",
        "cover",
        "covered",
        "ask",
        "asked",
        "topic",
        "summary",
        "summarize",
        "summarise",
    ]
)


def find_order(text: str, taken: Sequence[tuple[int, int]]) -> Order | None:
    """The order a question asks for; `taken` is what lies in quotations and titles."""
    for pattern in (_EVENT, _BARE, _ADVERB):
        for match in pattern.finditer(text):
            if any(s < match.end("ordinal") and match.start("ordinal") < e for s, e in taken):
                continue
            order = _order(text, match)
            if order is not None:
                return order
    return None


def _order(text: str, match: re.Match[str]) -> Order | None:
    ordinal = match["ordinal"]
    if ordinal[0].isupper() and match.start("ordinal") > 0 and not text.isupper():
        return None  # "First Avenue"
    unit = _unit(match)
    if unit is None:
        return None
    weekday = _weekday(text) if unit is not Unit.EVENT else None
    return Order(
        unit=unit,
        position=_position(ordinal),
        weekday=weekday,
        topic=unit is Unit.EVENT or _has_topic(text, match),
    )


def _unit(match: re.Match[str]) -> Unit | None:
    groups = match.groupdict()
    if groups.get("session"):
        if (groups.get("whose") or "the").lower() not in {"the", "our", "my", "your", "a", "an"}:
            return Unit.EVENT  # "Hana's first talk"
        plural = groups["session"].lower().endswith("s")
        return None if plural else Unit.SESSION
    if groups.get("message"):
        return Unit.MESSAGE
    if verb := groups.get("verb"):
        return _done(groups["who"].lower().split(), verb.lower())
    if time := groups.get("time"):
        return _timed(match) if time.lower() == "time" else None
    noun = (groups.get("noun") or "").lower()
    capital = bool(groups.get("noun")) and groups["noun"][0].isupper()
    return None if not noun or noun in _TRAPS or noun in EMPTY_WORDS or capital else Unit.EVENT


def _done(who: Sequence[str], verb: str) -> Unit | None:
    """ "When did we last talk" asks for a session, "when did I first tell you" for a message."""
    if verb in AUXILIARIES | _TRAPS | {"until", "till", "for"} or who[-1] in _OWNERS:
        return None
    talking = {"we", "i", "you"}.intersection(who)
    if talking and verb in _TALKED:
        return Unit.SESSION
    return Unit.MESSAGE if talking and verb in _TOLD else Unit.EVENT


_OWNERS = frozenset(
    ["the", "a", "an", "my", "our", "his", "her", "their", "your", "its", "this", "that"]
)
_TOLD = frozenset(["tell", "say", "mention", "ask", "told", "said", "mentioned", "asked"])
_WE_TALKED = re.compile(r"\s+(?:that\s+)?(?:we|i|you)\s+(?:\w+\s+)?([a-z]+)", re.IGNORECASE)


def _timed(match: re.Match[str]) -> Unit:
    """ "The last time we talked" is a session, "the last time she swam" is not."""
    following = _WE_TALKED.match(match.string, match.end("time"))
    words = following[0].lower().split() if following else []
    return Unit.SESSION if _TALKED.intersection(words) else Unit.EVENT


def _position(ordinal: str) -> int:
    words = ordinal.lower().replace("-", " ").split()
    if words[0] in {"most"}:
        return -1
    if len(words) > 1:
        return -3 if words[0] == "third" else -2
    return int(words[0][:-2]) if words[0][0].isdigit() else _POSITIONS[words[0]]


def _weekday(text: str) -> int | None:
    match = _ON_WEEKDAY.search(text)
    if match is None or _CERTAIN_DAY.search(text, 0, match.start()):
        return None
    return number_of_weekday(match["day"])


def _has_topic(text: str, match: re.Match[str]) -> bool:
    """Whether anything is left to look for besides the frame, the order and the weekday."""
    rest = _ON_WEEKDAY.sub(" ", text[: match.start()] + " " + text[match.end() :]).lower()
    words = [word for word in _WORD.findall(rest) if word not in EMPTY_WORDS | _FRAME]
    return bool(words)
