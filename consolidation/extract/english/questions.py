"""Reads a question as the statement that its answer completes: "Where do you live?", "I live …"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from consolidation.extract.english.clauses import POSSESSED
from consolidation.extract.english.verbs import ALL_FORMS, Inflection
from consolidation.extract.english.vocabulary import PETS
from consolidation.extract.english.voice import third_person
from retrieval.understanding.words import NOT_NAMES


class Wants(StrEnum):
    """What answers a question."""

    PLACE = "place"
    OFTEN = "often"
    AGE = "age"
    AMOUNT = "amount"
    PERSON = "person"
    THING = "thing"
    TIME = "time"
    MEANS = "means"
    NAME = "name"
    JOB = "job"
    COUNTED = "counted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """A question for something, as what its answerer would say: "I live {a}"."""

    told: str
    wants: Wants


@dataclass(frozen=True, kw_only=True, slots=True)
class Polar:
    """A question whether something is so."""

    #: As its answerer would say it: "I", "my sister", "he".
    who: str
    be: bool
    #: "At Costa", "live in Rome".
    what: str
    #: Whether it is asked if that goes on.
    still: bool

    def affirmed(self) -> str:
        """ "I am still at Costa." """
        still = " still" if self.still else ""
        if self.be:
            return f"{self.who} {_be(self.who)}{still} {self.what}."
        verb, _, rest = self.what.partition(" ")
        return f"{self.who}{still} {_does(self.who, verb)} {rest}".strip() + "."

    def over(self, when: str) -> str:
        """ "I am no longer at Costa." """
        if self.be:
            return f"{self.who} {_be(self.who)} no longer {self.what}{when}."
        verb, _, rest = self.what.partition(" ")
        return f"{self.who} no longer {f'{_does(self.who, verb)} {rest}'.strip()}{when}."

    def denied(self) -> str:
        """ "I don't drive." """
        if self.be:
            return f"{self.who} {_be(self.who)} not {self.what}."
        do = "don't" if _be(self.who) != "is" else "doesn't"
        return f"{self.who} {do} {self.what}."


_YOU = r"[Yy]ou(?: guys| two| both| all)?"
_WHO = rf"(?P<who>{_YOU}|[Hh]e|[Ss]he|[Tt]hey|(?:[Yy]our|[Hh]is|[Hh]er) {POSSESSED}|[A-Z][a-z]+)"
#: What may stand behind a question without asking anything: "…, Anna?", "… these days?".
_NOW = re.compile(
    r"(?:,? (?:now|these days|nowadays|at the moment|currently|right now|then|again|exactly|anyway|"
    r"though|at present)\b)*(?:, [A-Z][a-z]+)?(?=\?$)"
)
#: Talk about the talk, not about the world.
_TALK = (
    r"(?!(?:think|mean|say|reckon|suppose|know|feel|want|need|suggest|recommend|remember|mind)\b)"
)
_VERB = rf"(?P<verb>{_TALK}[a-z]+)"
_REST = r"(?P<rest>(?: [\w'-]+){0,6})"
_DOES = r"(?P<aux>do|does|did)"
_IS = r"(?:['’](?:s|re)| is| are)"
_ASKED: tuple[tuple[str, Wants], ...] = (
    ("where", Wants.PLACE), ("how often", Wants.OFTEN), ("how many times [a-z ]+?", Wants.OFTEN),
    ("how much", Wants.AMOUNT), ("how many [a-z]+", Wants.COUNTED), ("who", Wants.PERSON),
    ("when", Wants.TIME), ("how", Wants.MEANS),
    ("what|(?:what|which) (?:kind|sort) of [a-z]+|(?:what|which) [a-z]+", Wants.THING),
)  # fmt: skip
#: What is weighed, earned or paid is an amount, though it is asked for with "what".
_MEASURED = frozenset({"weigh", "earn", "make", "pay", "charge", "cost"})
_DOING = tuple(
    (re.compile(rf"\b(?i:(?P<asked>{asked})) {_DOES} {_WHO} (?:still |usually |normally )?{_VERB}"
                rf"{_REST}\?$"), wants)
    for asked, wants in _ASKED
)  # fmt: skip
_BEING = tuple(
    (re.compile(rf"\b(?i:(?P<asked>{asked})){_IS} {_WHO} (?P<verb>[a-z]+ing|based){_REST}\?$"),
     wants)
    for asked, wants in _ASKED
)  # fmt: skip
_JOB = re.compile(rf"\b(?i:what) (?:do|does) {_WHO} do(?: for (?:a living|work))?\?$")
_AGED = re.compile(rf"\b(?i:how old){_IS} {_WHO}\?$")
_BEGINS = r"(?:^|[,.:;!–—-] ?|\b(?i:and|but|so) )"
#: It is answered with the place that is right: "Do you live in Rome?" "In Ostia."
_LIVING = re.compile(
    rf"{_BEGINS}(?i:do|does) {_WHO} (?:still )?(?P<verb>live|work|stay|study)\b[\w' ]*\?$"
)
_BY = re.compile(
    rf"{_BEGINS}(?i:do|does) {_WHO} (?:still )?(?P<verb>(?:come|go|get|travel)"
    rf"(?: [a-z]+){{0,3}}?) by [a-z]+\?$"
)
_PLACED = re.compile(rf"\b(?i:where){_IS} {_WHO}\?$")
_NAMED = re.compile(
    rf"\b(?i:what){_IS} (?:(?P<of>(?:your|his|her) {POSSESSED}|[A-Z][a-z]+)['’]s name|"
    rf"(?P<it>(?:the|your|his|her) (?:[a-z]+ )?(?P<noun>[a-z]+)) called|(?P<own>his|her) name)\?$"
)
_VALUED = re.compile(rf"\b(?i:what){_IS} (?P<it>your [a-z]+(?: [a-z]+){{0,3}})\?$")
_DATED = re.compile(rf"\b(?i:when){_IS} (?P<it>(?:the|your) [a-z]+(?: [a-z]+){{0,2}})\?$")
_HAVING = re.compile(
    r"\b(?:(?i:do you have|have you got|got)(?: any)?|(?i:any)) (?:kids|children|pets|siblings|"
    r"brothers|sisters|brothers or sisters|cats|dogs)(?: at all)?\?$"
)
_ALLERGIES = re.compile(
    r"\b(?i:any) (?:food |known |other )?allergies\?$|\b(?i:are you) allergic to anything\?$"
)


def asked_for(question: str) -> Open | None:
    """What the answer is asked to complete; None where that is not sure."""
    plain = _NOW.sub("", question.strip())
    for pattern, made in _FRAMES:
        if match := pattern.search(plain):
            return made(match)
    for pattern, wants in _DOING:
        if match := pattern.search(plain):
            return _done(match, wants)
    for pattern, wants in _BEING:
        if match := pattern.search(plain):
            who, rest = _subject(match), match["rest"]
            return _completed(f"{who} {_be(who)} {match['verb']}", rest, _wants(match, wants))
    return None


def _done(match: re.Match[str], wants: Wants) -> Open | None:
    who, verb = _subject(match), match["verb"]
    told = _PASTS.get(verb) if match["aux"] == "did" else _does(who, verb)
    return _completed(f"{who} {told}", match["rest"], _wants(match, wants)) if told else None


def _wants(match: re.Match[str], wants: Wants) -> Wants:
    measured = wants is Wants.THING and match["verb"] in _MEASURED
    return Wants.AMOUNT if measured else wants


def _completed(told: str, rest: str, wants: Wants) -> Open:
    """The answer stands behind the verb, or behind the preposition that waits for it."""
    words = rest.split()
    waits = not words or words[-1] in _WAITING or wants not in {
        Wants.THING, Wants.PERSON, Wants.AMOUNT, Wants.COUNTED,
    }  # fmt: skip
    return Open(told=f"{told}{rest} {{a}}" if waits else f"{told} {{a}}{rest}", wants=wants)


_WAITING = frozenset({"with", "for", "on", "at", "in", "to", "from", "of", "about", "by", "into"})


def _named(match: re.Match[str]) -> Open:
    if match["own"]:
        who = "She" if match["own"].lower() == "her" else "He"
        return Open(told=f"{who} is called {{a}}", wants=Wants.NAME)
    if match["of"]:
        return Open(told=f"{_mine(match['of'])} is called {{a}}", wants=Wants.NAME)
    thing = _mine(match["it"])
    if match["noun"] in PETS:
        thing = f"my {match['noun']}"
    return Open(told=f"{thing} is called {{a}}", wants=Wants.NAME)


def _is_such(wants: Wants) -> Callable[[re.Match[str]], Open]:
    def made(match: re.Match[str]) -> Open:
        who = _mine(match["it"]) if "it" in match.groupdict() else _subject(match)
        return Open(told=f"{who} {_be(who)} {{a}}", wants=wants)

    return made


def _verbal(wants: Wants) -> Callable[[re.Match[str]], Open]:
    def made(match: re.Match[str]) -> Open:
        who, (verb, _, rest) = _subject(match), match["verb"].partition(" ")
        return Open(told=f"{who} {f'{_does(who, verb)} {rest}'.strip()} {{a}}", wants=wants)

    return made


_FRAMES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Open]], ...] = (
    (_JOB, _is_such(Wants.JOB)), (_AGED, _is_such(Wants.AGE)), (_PLACED, _is_such(Wants.PLACE)),
    (_NAMED, _named), (_VALUED, _is_such(Wants.NAME)), (_DATED, _is_such(Wants.TIME)),
    (_LIVING, _verbal(Wants.PLACE)), (_BY, _verbal(Wants.MEANS)),
    (_HAVING, lambda _: Open(told="I have {a}", wants=Wants.COUNTED)),
    (_ALLERGIES, lambda _: Open(told="I am allergic to {a}", wants=Wants.THING)),
)  # fmt: skip

_WHAT = r"(?P<what>[^,?]{2,60}?)"
_IS_IT = re.compile(
    rf"{_BEGINS}(?:(?:(?P<be>(?i:are|is))|(?i:do|does)) {_WHO}"
    rf"(?P<still> still)?|(?P<bare>(?i:and |so )?(?i:still))) {_WHAT}\?$"
)
#: What is asked of the talk, or of something said before.
_LEANING = re.compile(
    r"\b(?:you|that|this|it|them|one|me|us|or|anything|something|there|here|so)\b"
    r"|^(?:sure|ok|okay|alright|ready|up$|kidding|joking|not|going to|gonna|free|well|better|like\b"
    rf"|{_TALK.removeprefix('(?!').removesuffix(')')})",
    re.IGNORECASE,
)
_STATES = re.compile(r"(?:at|in|on|with|an?|the|[a-z]+ing)\b")


def whether(question: str) -> Polar | None:
    """What is asked to be so; None where a bare yes or no does not tell a lasting thing."""
    match = _IS_IT.search(_NOW.sub("", question.strip()))
    if match is None or _LEANING.search(match["what"].strip()):
        return None
    still = bool(match["still"] or match["bare"])
    be = bool(match["be"] or match["bare"])
    what = re.sub(r"\byour\b", "my", match["what"].strip(), flags=re.IGNORECASE)
    if be and not still and what.split()[0].endswith("ing"):
        return None  # Who is asked if he is coming is asked of a day.
    if match["bare"] and (not _STATES.match(what) or re.search(r"\d", what)):
        return None
    who = "I" if match["bare"] else _subject(match)
    named = match["bare"] or match["who"].lower() not in NOT_NAMES - _PRONOUNS
    return Polar(who=who, be=be, what=what, still=still) if named else None


_PRONOUNS = frozenset({"you", "he", "she", "they"})


def _subject(match: re.Match[str]) -> str:
    who = match["who"]
    if who.lower().startswith("you") and not who.lower().startswith("your"):
        return "I" if who.lower() == "you" else "we"
    return _mine(who)


def _mine(phrase: str) -> str:
    return re.sub(r"^[Yy]our\b", "my", phrase)


def _be(who: str) -> str:
    if who == "I":
        return "am"
    return "are" if who.lower() in {"we", "they"} else "is"


def _does(who: str, verb: str) -> str:
    return verb if who.lower() in {"i", "we", "they"} else third_person(verb)


#: The past tenses of the verbs that are known.
_PASTS = {
    base: written
    for written, forms in ALL_FORMS.items()
    if (base := forms.get(Inflection.PAST)) is not None
}
