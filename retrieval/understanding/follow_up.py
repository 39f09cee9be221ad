"""Completes a question that leans on the turns before it: "And her sister?", "When was that?".

A question that names its subject is never changed. What is filled in are words of the turns
themselves, so a wrong guess adds noise to the search and never a name nobody said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from retrieval.understanding.names import Name, find_names, quotations
from retrieval.understanding.spelling import words_of
from retrieval.understanding.subject import find_subject
from retrieval.understanding.times import find_times
from retrieval.understanding.words import AUXILIARIES, EMPTY_WORDS

#: Turns that are looked at, and characters of each.
TURNS = 6
_LONGEST = 300
_AUX = "(?:" + "|".join(sorted(AUXILIARIES, key=len, reverse=True)) + ")"
_WH = r"(?:what|when|where|who|whom|whose|why|how|which)"
_ABOUT = re.compile(
    r"\s*(?:(?:and|but|or|so|ok|okay|then)\b[\s,]+)?(?:what|how)\s+about\s+(?P<rest>\S.*?)[\s?.!]*$",
    re.IGNORECASE | re.DOTALL,
)
_AND = re.compile(
    rf"\s*(?:and|or|but|also|same\s+for)\b[\s,]+(?!(?:{_WH}|{_AUX}|then|tell|if)\b)"
    r"(?P<rest>\S+(?:\s+\S+){0,4}?)[\s?.!]*$",
    re.IGNORECASE,
)
_CLAUSE = re.compile(rf"\b(?:{_AUX}|{_WH}|i|we|you)\b", re.IGNORECASE)
_BARE = re.compile(
    rf"\s*(?:(?:and|but|so|ok)\b[\s,]+)?(?P<wh>{_WH}|how\s+(?:long|much|many|often|come|so)|since\s+when|"
    r"who\s+with|with\s+whom|what\s+for|what\s+else|which\s+ones?|where\s+exactly|when\s+exactly|"
    rf"{_WH}\s+(?:was|is|were|are|did|does|would)\s+(?:that|this|it)(?:\s+(?:be|happen|again))?|"
    rf"{_WH}\s+{_AUX}\s+(?:he|she|they|it))[\s?.!]*$",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"\b(?P<who>he|she|him|her|his|hers|they|them|their)\b(?P<be>'s)?", re.I)
_THING = re.compile(
    r"\b(?:it|its|itself)\b(?!'s\s+(?:like|going|time))"
    r"|\b(?:that|this|those|these)\b(?=\s*(?:[?.,!]|$|happen|again|work|go\b|mean|one\b))"
    r"|(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b(?=\s*(?:[?.,!]|$))",
    re.IGNORECASE,
)
_DUMMY = re.compile(
    r"\b(?:is|was|would|'s)\s+it\s+(?:\w+\s+)?(?:likely|possible|true|okay|ok|safe|worth|likely|fair|"
    r"better|easy|hard|raining|going|time)\b|\btime\s+is\s+it\b|\bit\s+take|\bhow's\s+it\b",
    re.IGNORECASE,
)
_OWN_SUBJECT = re.compile(r"\b(?:i|we|my|our|i'm|i've|i'd|i'll)\b", re.IGNORECASE)
# Somebody or something named by a noun, that a pronoun behind it can stand for.
_NOUN = re.compile(
    r"\b(?:my|our|your|the|an?|this|that|these|those|'s)\s+(?!(?:name|names|time|reason|date|first|last|"
    r"number|colou?r|title|most|main|best|day|same|other|kind|point)\b)\w+",
    re.IGNORECASE,
)
_RELATIVES = (
    r"(?:sister|brother|mother|mom|mum|father|dad|wife|husband|son|daughter|partner|friend|boss|cousin|"
    r"girlfriend|boyfriend|uncle|aunt|niece|nephew|grandmother|grandfather|grandma|grandpa|roommate|"
    r"neighbou?r|colleague|teacher|dog|cat|kids?|children|parents|family|team|siblings?|puppy|pet)"
)
_RELATIVE = re.compile(rf"'s\s+{_RELATIVES}\b", re.IGNORECASE)
_OF_RELATIVE = re.compile(rf".*\b{_RELATIVES}$", re.IGNORECASE)
_FRAME = re.compile(rf"\s*(?:when|where|why|how)\s+(?P<clause>{_AUX}\b.+?)[\s?.!]*$", re.I | re.S)
_YES_NO = re.compile(rf"\s*(?P<clause>{_AUX}\b.+?)[\s?.!]*$", re.IGNORECASE | re.DOTALL)
_QUESTION = re.compile(rf"\s*(?:{_WH}|{_AUX})\b", re.IGNORECASE)
_PLACE = re.compile(r"\b(?:in|at|from|near|to|into|around|via|on)\s+(?:the\s+)?$", re.IGNORECASE)
_ROLE = re.compile(r"\s*(?:user|human|assistant|ai|agent|bot|me|you)\s*:\s+", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Completed:
    """Whether a question leans on earlier ones, and what it says in full."""

    follow_up: bool
    text: str
    #: Whether a "he" or "she" is left for whom nobody could be put.
    unclear: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Turn:
    """What was said before, completed itself."""

    text: str
    names: tuple[Name, ...]
    subject: str | None

    @property
    def asks(self) -> bool:
        return self.text.rstrip().endswith("?") or bool(_QUESTION.match(self.text))


def complete(
    text: str,
    names: Sequence[Name],
    subject: str | None,
    recent: Sequence[str],
    reference: datetime,
) -> Completed:
    """The question in full, from the most recent turns that bear on it; most recent last."""
    if not leans(text, names, subject):
        return Completed(follow_up=False, text=text)
    turns: list[_Turn] = []
    for said in recent[-TURNS:]:
        turn = _turn(said)
        if leans(turn.text, turn.names, turn.subject):
            turn = _turn(_filled(turn.text, turns, reference))
        if _tells(turn):
            turns.append(turn)
    filled = _filled(text, turns, reference)
    asked = filled.partition(" (")[0]
    return Completed(follow_up=True, text=filled, unclear=bool(_PERSONAL.search(asked)))


def leans(text: str, names: Sequence[Name], subject: str | None) -> bool:
    """Whether a question needs what was said before it."""
    said = text[:_LONGEST].replace("’", "'")
    if _element(said) is not None or _BARE.match(said):
        return True
    if subject is not None or _OWN_SUBJECT.search(said):
        return False
    pronoun = _pronoun(said, names)
    return pronoun is not None


def _element(said: str) -> str | None:
    """What is asked about in "What about …?" and "And …?"."""
    match = _ABOUT.match(said) or _AND.match(said)
    if match is None or _CLAUSE.search(match["rest"]):
        return None
    asks = said.rstrip().endswith("?") or _ABOUT.match(said)
    return match["rest"].strip(" ?.!\n\t") or None if asks else None


def _pronoun(said: str, names: Sequence[Name]) -> re.Match[str] | None:
    """The first pronoun that stands for nobody and nothing in the question itself."""
    match = _PERSONAL.search(said)
    if match is None and not _DUMMY.search(said):
        match = _THING.search(said)
    if match is None:
        return None
    own = any(name.start < match.start() for name in names) or _NOUN.search(said, 0, match.start())
    thing = match[0].lower() in _THINGS and _WHICH_THING.search(said, 0, match.start())
    return None if own or thing else match


_THINGS = frozenset({"it", "its", "itself", "they", "them", "their"})
_WHICH_THING = re.compile(rf"\b(?:which|what)\s+(?!{_AUX}\b)\w+", re.IGNORECASE)


def _turn(said: str) -> _Turn:
    text = _ROLE.sub("", said[:_LONGEST].replace("’", "'"), count=1)
    if len(said) > _LONGEST and "?" in said[-_LONGEST:] and not text.rstrip().endswith("?"):
        text = said[-_LONGEST:].replace("’", "'")
    text = " ".join(text.split())
    quoted = quotations(text)
    names = find_names(text, words_of(text), quoted, ())
    return _Turn(text=text, names=names, subject=find_subject(text, names))


def _tells(turn: _Turn) -> bool:
    """Not thanks and nods."""
    content = {word for word in _WORD.findall(turn.text.lower()) if word not in EMPTY_WORDS}
    return bool(turn.names) or len(content) >= 2


def _filled(text: str, turns: Sequence[_Turn], reference: datetime) -> str:
    if not turns:
        return text
    said = text.replace("’", "'")
    element = _element(said)
    if element is not None:
        return _in_frame(said, element, turns, reference)
    if _BARE.match(said):
        return _of_clause(said, turns)
    return _named(said, turns)


# ---- "What about June?" ----


def _in_frame(said: str, element: str, turns: Sequence[_Turn], reference: datetime) -> str:
    """The last question again, with the new element in its place."""
    element = _with_owner(element, turns)
    asked = next((turn for turn in reversed(turns) if turn.asks), None)
    if asked is None:
        return _beside(said, turns[-1])
    stem = asked.text.rstrip(" ?.!")
    if find_times(f"about {element}", reference):
        return _at_another_time(stem, element, reference)
    if asked.subject is None:
        return f"{stem} ({element})?"
    return _of_another(stem, asked.subject, element)


def _at_another_time(stem: str, element: str, reference: datetime) -> str:
    earlier = find_times(stem, reference)
    if not earlier:
        return f"{stem} {_with_preposition(element, 'in')}?"
    time = earlier[0]
    first = stem[time.start : time.end].split()[0].lower()
    preposition = first if first in _PREPOSITIONS else ""
    return f"{stem[: time.start]}{_with_preposition(element, preposition)}{stem[time.end :]}?"


_PREPOSITIONS = frozenset(
    [
        "in",
        "on",
        "at",
        "during",
        "before",
        "after",
        "since",
        "until",
        "by",
        "around",
        "from",
        "over",
    ]
)
_NEEDS_NONE = frozenset(
    ["last", "this", "next", "yesterday", "today", "tomorrow", "the", "two", "three", "a"]
)


def _with_preposition(element: str, preposition: str) -> str:
    first = element.split()[0].lower()
    if not preposition or first in _PREPOSITIONS or first in _NEEDS_NONE:
        return element
    return f"{preposition} {element}"


def _of_another(stem: str, subject: str, element: str) -> str:
    """The question about somebody else; or about something else of somebody."""
    name = re.compile(rf"(?<!\w){re.escape(subject)}(?P<owns>'s?)?(?!\w)(?P<thing>\s+[\w-]+)?")
    match = name.search(stem)
    if match is None:
        return f"{stem} ({element})?"
    bare = element.removesuffix("'s")
    if not match["owns"]:
        return f"{stem[: match.start()]}{bare}{match['thing'] or ''}{stem[match.end() :]}?"
    if "'s " in element and not _OF_RELATIVE.match(element):
        return f"{stem[: match.start()]}{element}{stem[match.end() :]}?"
    return f"{stem[: match.start()]}{bare}'s{match['thing'] or ''}{stem[match.end() :]}?"


def _with_owner(element: str, turns: Sequence[_Turn]) -> str:
    """ "Her sister" is Hana's sister."""
    match = _PERSONAL.match(element)
    if match is None:
        return element
    person = _person(match["who"].lower(), turns)
    return element if person is None else _put(element, match, person)


# ---- "When was that?" ----


def _of_clause(said: str, turns: Sequence[_Turn]) -> str:
    """The question word with the clause of the last question, or beside what was said."""
    last = turns[-1]
    match = _BARE.match(said)
    wh = match["wh"].split()[0] if match else said
    clause = (_FRAME.match(last.text) or _YES_NO.match(last.text)) if last.asks else None
    short = match is not None and (len(match["wh"].split()) == 1 or "that" in match["wh"].lower())
    if clause is not None and short and wh.lower() in {"when", "where", "why", "how"}:
        asked = clause["clause"]
        return f"{wh.capitalize()} {asked[0].lower()}{asked[1:]}?"
    return _beside(_with_pronoun(said, turns), last)


def _beside(said: str, turn: _Turn) -> str:
    return f"{said.strip()} ({turn.text.rstrip(' ?.!')})"


# ---- "Where does she work?" ----


def _named(said: str, turns: Sequence[_Turn]) -> str:
    """With the person for the pronoun; with what was said last if it is a thing, or unclear who."""
    filled = _with_pronoun(said, turns)
    if filled != said and not _left_open(filled):
        return filled
    return _beside(filled, turns[-1])


def _left_open(said: str) -> bool:
    return not _DUMMY.search(said) and bool(_THING.search(said))


def _with_pronoun(said: str, turns: Sequence[_Turn]) -> str:
    match = _PERSONAL.search(said)
    if match is None:
        return said
    person = _person(match["who"].lower(), turns)
    return said if person is None else _put(said, match, person)


def _put(said: str, match: re.Match[str], person: str) -> str:
    """The name for the pronoun, in the possessive where that is meant."""
    who = match["who"].lower()
    behind = said[match.end() : match.end() + 20].split()
    noun = bool(behind) and behind[0][0].isalpha() and behind[0].lower() not in EMPTY_WORDS
    owns = who in {"his", "their", "hers"} or (who == "her" and noun)
    tail = "'s" if owns else " is" if match["be"] else ""
    return f"{said[: match.start()]}{person}{tail}{said[match.end() :]}"


def _person(who: str, turns: Sequence[_Turn]) -> str | None:
    """Who is meant: the only person the last turn with any names; both for "they"."""
    for turn in reversed(turns):
        people = _people(turn)
        if len(people) == 1:
            return people[0]
        if people:
            together = who.startswith("the") and len(people) == 2
            return " and ".join(people) if together else None
    return None


def _people(turn: _Turn) -> list[str]:
    persons = [n for n in turn.names if not n.quoted and n.text.replace(" ", "").isalpha()]
    elsewhere = [n for n in persons if not _PLACE.search(turn.text, 0, n.start)]
    return list(dict.fromkeys(_with_relative(turn.text, name) for name in elsewhere))


def _with_relative(text: str, name: Name) -> str:
    """Not Hana but Hana's sister, where it was she who was talked about."""
    match = _RELATIVE.match(text, name.end) if name.owns else None
    return name.text + match[0] if match else name.text
