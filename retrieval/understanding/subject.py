"""Tells whose doing or possession a question asks about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval.understanding.names import Name
from retrieval.understanding.words import AUXILIARIES, FINITE

_ASKED = re.compile(
    r"(?:\b(?:" + "|".join(sorted(AUXILIARIES, key=len, reverse=True)) + r")|'s|n't)\s+"
    r"(?:(?:both|also|just|still|already|ever|recently|the)\s+)?$",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"\s+(?:(?:also|just|still|never|always|finally|recently|usually)\s+)?([a-z']+)"
)
_AND = re.compile(r"\s*(?:,|,?\s*\b(?:and|or|&)\b)\s*$", re.IGNORECASE)
_BY = re.compile(r"\w(?:ed|en|wn|ne|ught|ade)\s+(?:\w+\s+)?by\s+$")
_BESIDE = re.compile(r"\b(?:in|at|from|near|to|on|with|for|of|about|by)\s+(?:the\s+)?$", re.I)
_PERSON = re.compile(r"[^\W\d_]")


def find_subject(text: str, names: Sequence[Name]) -> str | None:
    """The name in the place of the subject, else the only one who owns something or does it."""
    people = [n for n in names if not n.quoted and _PERSON.match(n.text) and "@" not in n.text]
    if not people:
        return None
    for at, name in enumerate(people):
        if _ASKED.search(text, max(0, name.start - 40), name.start):
            return None if _has_company(text, people, at) else name.text
    acting = [at for at in (_owner(people), _teller(text, people)) if at is not None]
    found: int | None = min(acting) if acting else _doer(text, people)
    if found is None or _has_company(text, people, found):
        return None
    return people[found].text


def _has_company(text: str, people: Sequence[Name], at: int) -> bool:
    """ "Hana and Oskar", "Hana or Oskar's": two are asked about."""
    following = people[at + 1] if at + 1 < len(people) else None
    before = people[at - 1] if at else None
    return bool(
        (following and _AND.fullmatch(_between(text, people[at], following)))
        or (before and _AND.fullmatch(_between(text, before, people[at])))
    )


def _between(text: str, first: Name, last: Name) -> str:
    return text[first.end : last.start].removeprefix("'s")


def _owner(people: Sequence[Name]) -> int | None:
    return next((at for at, name in enumerate(people) if name.owns), None)


def _teller(text: str, people: Sequence[Name]) -> int | None:
    """The first whose name a verb follows."""
    for at, name in enumerate(people):
        match = _TELLS.match(text, name.end)
        tells = match is not None and (match[1] in FINITE or match[1].endswith("ed"))
        if tells and not _BESIDE.search(text, max(0, name.start - 20), name.start):
            return at
    return None


def _doer(text: str, people: Sequence[Name]) -> int | None:
    """ "Painted by Hana"."""
    return next(
        (
            at
            for at, name in enumerate(people)
            if _BY.search(text[max(0, name.start - 40) : name.start])
        ),
        None,
    )
