"""What a sentence says, as far as it can be compared without understanding it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

_MONTHS = ("january|february|march|april|june|july|august|september|october|november|december|"
           "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec")  # fmt: skip
_DATE = re.compile(
    rf"\b(?:\d{{4}}-\d\d(?:-\d\d)?|(?:{_MONTHS}|(?<=\d )may|may(?= \d))\.?"
    r"|\d{1,2}(?:st|nd|rd|th)?(?= (?:of )?"
    rf"(?:{_MONTHS}|may)\b)|(?:19|20)\d\d|(?<=may )\d{{1,2}}\b"
    rf"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:,\d{3}(?!\d)|[.:@/+][^\W_]+)*")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_NEGATION = re.compile(
    r"\b(?:not|no|never|nobody|nothing|none|neither|nor|without|cannot|stop(?:s|ped|ping)?|quit|"
    r"gave up|given up|used to|former|formerly|ended|cancel\w*)\b|n't\b",
    re.IGNORECASE,
)
_JOINED = re.compile(r",? and |, ")
_NAME = re.compile(r"(?<=[\w,;:'’)] )[A-Z][\w'’-]+")
_NUMBERS = {
    "zero": "0", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13",
    "fourteen": "14", "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18",
    "nineteen": "19", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60",
}  # fmt: skip
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an the and or but of to in on at by for with from as is are was were be been "
        "being am it its i me my mine we us our he she they him her his them their theirs "
        "this that these those there so too also very really just has have had having do "
        "does did will would can could now then since about into than who which what when "
        "where while because s t d ll ve re m currently one own not no never nt ",
    )
)
_STEMMER = Stemmer.Stemmer("english")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """The parts of a sentence that must agree, and the words whose overlap is measured."""

    #: Whom it is about: the person named first, and those joined to that name by "and".
    subjects: frozenset[str]
    #: Stems that carry meaning, without the subject and without dates.
    words: frozenset[str]
    #: Stems of all words, dates among them.
    every: frozenset[str]
    numbers: frozenset[str]
    #: Stems of names other than the subject's.
    names: frozenset[str]
    negated: bool


def worded(text: str, people: Mapping[str, str], subject: str | None = None) -> Wording:
    """How a sentence is worded; `subject` is taken where it names nobody."""
    text = text.replace("’", "'")
    about = named_first(text, people) or {people.get((subject or "").lower(), "")} - {""}
    own = {stem for name, one in people.items() if one in about for stem in stems(name)}
    plain = _DATE.sub(" ", text)
    words = frozenset(stems(plain)) - own
    return Wording(
        subjects=frozenset(about),
        words=words,
        every=frozenset(_all(text)),
        numbers=frozenset(word for word in words if word[0].isdigit()),
        names=frozenset(s for n in _NAME.findall(plain) for s in stems(n)) - own,
        negated=bool(_NEGATION.search(text)),
    )


def stems(text: str) -> frozenset[str]:
    """The words that carry meaning, stemmed; number words as digits."""
    return frozenset(_all(text, _EMPTY))


def named_first(text: str, people: Mapping[str, str]) -> set[str]:
    """The person whose name stands first, and those it is joined to; the longest names count."""
    pattern, about = _names(tuple(people)), set[str]()
    found = pattern.search(text) if people else None
    while found:
        about.add(people[found[0].lower()])
        joined = _JOINED.match(text, found.end())
        found = pattern.match(text, joined.end()) if joined else None
    return about


def f1(found: frozenset[str], gold: frozenset[str]) -> float:
    """The harmonic mean of what each side shares with the other."""
    return 2 * len(found & gold) / (len(found) + len(gold)) if found and gold else 0.0


def says(text: str, value: str) -> bool:
    """Whether a text has all words of a value, one after the other."""
    wanted, given = list(_all(value)), list(_all(text))
    return any(given[at : at + len(wanted)] == wanted for at in range(len(given)))


def _all(text: str, without: frozenset[str] = frozenset()) -> Iterator[str]:
    for word in _WORD.findall(text.replace("’", "'").replace("n't", " not").lower()):
        if word not in without:
            ordinal = _ORDINAL.fullmatch(word)
            yield ordinal[1] if ordinal else _NUMBERS.get(word) or _stem(word)


@lru_cache(maxsize=10_000)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


@lru_cache(maxsize=100)
def _names(names: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)", re.IGNORECASE)
