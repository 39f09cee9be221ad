"""The numbers of a text, whether in digits or in words."""

from __future__ import annotations

import re

_ONES = {
    "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "two": 2, "twice": 2, "dozen": 12,
    "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10,
}  # fmt: skip
#: These are also said without counting anything: "one of them", "at first", "both of us".
_CASUAL = {"one": 1, "first": 1, "once": 1, "second": 2, "both": 2, "couple": 2}
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_ANY = _ONES | _CASUAL | _TENS
_NUMBER = re.compile(
    rf"(?P<digits>\d+(?:[.,:]\d+)*)"
    rf"|\b(?P<tens>{'|'.join(_TENS)})(?:[- ](?P<unit>{'|'.join(_ANY)}))?\b"
    rf"|\b(?:(?P<factor>a|{'|'.join(_ANY)}) )?(?P<scale>{'|'.join(_SCALES)})\b"
    rf"|\b(?P<ones>{'|'.join(_ONES)})\b"
)
_CASUALLY = re.compile(rf"\b(?:{'|'.join(_ANY)})\b")
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")


def numbers(text: str) -> frozenset[str]:
    """What is counted, in digits: "twenty-five" is 25, "1,200" is 1200."""
    return frozenset(map(_value, _NUMBER.finditer(text.lower())))


def offered_numbers(text: str) -> frozenset[str]:
    """What may be counted from what the text says; "both of us" may be two people."""
    return numbers(text) | {str(_ANY[word]) for word in _CASUALLY.findall(text.lower())}


def _value(match: re.Match[str]) -> str:
    if match["digits"]:
        return _THOUSANDS.sub("", match["digits"])
    if match["tens"]:
        return str(_TENS[match["tens"]] + _ANY.get(match["unit"] or "", 0))
    if match["scale"]:
        return str(_ANY.get(match["factor"] or "", 1) * _SCALES[match["scale"]])
    return str(_ONES[match["ones"]])
