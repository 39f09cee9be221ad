"""The signature of a text: what ranking needs to know of it, so that no text is read to rank it.

It is made once, when the text is indexed: a few numbers that tell what the text is like, then a
code for every term of it in order. Some hundred candidates are compared with a question in one
array operation, where reading their texts would take longer than finding them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray


class Trait(IntFlag):
    """What a text holds, as bits."""

    ASKS = 1
    #: Its last sentence asks, so the next turn may be the answer.
    ENDS_ASKING = 2
    FIRST_PERSON = 4
    #: A word that could be part of a date or a duration.
    TIME_WORD = 8
    #: A time told from the moment of speaking: "last week".
    RELATIVE_TIME = 16
    NUMBER = 32


#: More capitalised words than this tell nothing more.
MOST_NAMES = 3
#: Columns before the term codes: traits, capitalised words, words.
_HEAD = 3
_INT = np.dtype("<u4")

#: What stands in brackets is about the text, such as a picture's caption.
_ASIDE = re.compile(r"\[[^\]]*\]")
_NAME = re.compile(r"(?<![.!?:] )(?<!^)\b[A-Z][a-z]{2,}")
_DAY = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"
_SEASON = "summer|winter|spring|fall|autumn"
_COUNT = r"\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|couple of|few|several"
_PATTERNS = {
    Trait.FIRST_PERSON: r"\b(?:i|i'm|i've|i'd|i'll|my|me|mine|we|we're|we've|our|us|im|ive)\b",
    Trait.TIME_WORD: rf"""\b(?:yesterday|today|tomorrow|tonight|ago|last|next|weekend|weeks?|months?
        |years?|{_DAY}|{_MONTH.replace("|may|", "|")}|since|recently|soon|(?:19|20)\d\d
        |\d+(?:am|pm|th|st|nd|rd)|morning|days?|summer|winter|spring|fall|hours?|minutes?)\b""",
    Trait.RELATIVE_TIME: rf"""\b(?:yesterday|last\ night|tonight|today|this\ morning|tomorrow
        |(?:last|next|this|past)\ (?:week|weekend|month|year|{_SEASON}|{_DAY})
        |(?:{_COUNT})\ (?:days?|weeks?|months?|years?|weekends?)\ ago|on\ (?:{_DAY})
        |(?:in|since)\ (?:{_MONTH}|(?:19|20)\d\d))\b""",
    Trait.NUMBER: r"""\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twice|once|dozen
        |couple|first|second|third|both|another)\b""",
}
_TRAITS = {
    trait: re.compile(pattern, re.IGNORECASE | re.VERBOSE) for trait, pattern in _PATTERNS.items()
}


def signature(text: str, terms: Sequence[str]) -> bytes:
    """The signature of a text as it was said, with the terms under which it is indexed."""
    said = _ASIDE.sub("", text).strip()
    traits = Trait(0)
    for trait, pattern in _TRAITS.items():
        if pattern.search(said):
            traits |= trait
    if "?" in said:
        traits |= Trait.ASKS
    if said.endswith("?"):
        traits |= Trait.ENDS_ASKING
    names = min(len(_NAME.findall(said)), MOST_NAMES)
    head = [int(traits), names, len(said.split())]
    return np.array([*head, *map(code, terms)], dtype=_INT).tobytes()


@lru_cache(maxsize=200_000)
def code(term: str) -> int:
    """What stands for a term in a signature."""
    return crc32(term.encode())


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Signatures:
    """The signatures of n texts, as columns; a text without one has nothing in it."""

    #: (n,) `Trait` bits; (n,) capitalised words inside sentences, at most MOST_NAMES; (n,) words.
    traits: NDArray[np.uint32]
    names: NDArray[np.uint32]
    words: NDArray[np.uint32]
    #: (t,) all term codes in order, and (t,) the text each is of.
    codes: NDArray[np.uint32]
    owners: NDArray[np.intp]

    def of(self, rows: NDArray[np.intp]) -> Signatures:
        """Those of some of the texts, in ascending order."""
        number = np.full(len(self.traits), -1, dtype=np.intp)
        number[rows] = np.arange(len(rows))
        kept = number[self.owners] >= 0
        return Signatures(
            traits=self.traits[rows],
            names=self.names[rows],
            words=self.words[rows],
            codes=self.codes[kept],
            owners=number[self.owners][kept],
        )

    @property
    def lengths(self) -> NDArray[np.intp]:
        """(n,) how many terms each text has."""
        return np.bincount(self.owners, minlength=len(self.traits))

    def frequencies(self, term: str) -> NDArray[np.intp]:
        """(n,) how often the term occurs in each text."""
        return np.bincount(self.owners[self.codes == code(term)], minlength=len(self.traits))

    def has(self, trait: Trait) -> NDArray[np.bool_]:
        """(n,) which texts have the trait."""
        return (self.traits & np.uint32(trait)) > 0


def read(signatures: Sequence[bytes | None]) -> Signatures:
    """Signatures as columns."""
    empty = np.zeros(_HEAD, dtype=_INT)
    rows = [np.frombuffer(s, dtype=_INT) if s else empty for s in signatures]
    head = np.array([row[:_HEAD] for row in rows], dtype=_INT).reshape(len(rows), _HEAD)
    lengths = [len(row) - _HEAD for row in rows]
    return Signatures(
        traits=head[:, 0],
        names=head[:, 1],
        words=head[:, 2],
        codes=np.concatenate([row[_HEAD:] for row in rows]) if rows else np.zeros(0, dtype=_INT),
        owners=np.repeat(np.arange(len(rows)), lengths),
    )
