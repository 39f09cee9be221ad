"""Finds the numbers of a question and writes them in digits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from retrieval.understanding.words import EMPTY_WORDS

_UNITS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    word: 10 * number
    for number, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "dozen": 12}
_ORDINALS = {
    word: number
    for number, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
        ],
        start=1,
    )
}
_WORD = rf"(?:{'|'.join(_UNITS)}|{'|'.join(_TENS)})"
_NUMBER = re.compile(
    r"(?<![\w.,-])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:(?P<ordinal>st|nd|rd|th)\b|(?P<short>k|m|bn)\b"
    r"|\s+(?P<scale>hundred|thousand|million|billion|dozen)\b)?(?![\w-]*[^\W\d_]\w*\d)"
    rf"|(?<![\w-])(?P<words>(?:(?:an?|{_WORD})\s+)?(?:hundred|thousand|million|dozen)|"
    rf"{_WORD}(?:[\s-]{_WORD})?(?:\s+(?:hundred|thousand|million|billion|dozen))?)(?![\w-])"
    rf"|(?<![\w-])(?P<nth>{'|'.join(_ORDINALS)})(?![\w-]|\s+(?:name|hand|of\s+all)\b)",
    re.IGNORECASE,
)
# "Which one", "one of them", "the small one" count nothing, and "a second" is short.
_NO_NUMBER = re.compile(r"\b(?:which|this|that|the|no|any|every|some|each|last|a|new)\s+$", re.I)
_COUNTED = re.compile(r"\s+([^\W\d_]+)")
_SHORT = {"k": 1000, "m": 10**6, "bn": 10**9}


def find_numbers(text: str, taken: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """The numbers in order, each once; what lies in names and dates is left to them."""
    found: dict[str, None] = {}
    for match in _NUMBER.finditer(text):
        free = all(match.end() <= start or end <= match.start() for start, end in taken)
        if free and not _counts_nothing(text, match):
            found[_in_digits(match)] = None
    return tuple(found)


def _counts_nothing(text: str, match: re.Match[str]) -> bool:
    word = match[0].lower()
    if word not in {"one", "second"}:
        return False
    if word == "second":
        return bool(re.search(r"\ba\s+$", text[: match.start()][-8:]))
    following = _COUNTED.match(text, match.end())
    before = _NO_NUMBER.search(text[max(0, match.start() - 12) : match.start()])
    return bool(before) or following is None or following[1].lower() in EMPTY_WORDS


def _in_digits(match: re.Match[str]) -> str:
    if match["nth"]:
        return str(_ORDINALS[match["nth"].lower()])
    if match["words"]:
        return str(_said(match["words"].lower()))
    scale = _SHORT.get((match["short"] or "").lower(), 1)
    scale *= _SCALES.get((match["scale"] or "").lower(), 1)
    number = match["digits"].replace(",", "")
    if scale == 1:
        return number.lstrip("0") or "0" if "." not in number else number
    return f"{(Decimal(number) * scale).normalize():f}"


def _said(words: str) -> int:
    total = 0
    for word in re.split(r"[\s-]+", words):
        if word in _SCALES:
            total = max(total, 1) * _SCALES[word]
        else:
            total += _UNITS.get(word, _TENS.get(word, 0))
    return total
