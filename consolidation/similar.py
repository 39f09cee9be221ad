"""How two texts that mean nearly the same differ: what no embedding tells reliably."""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum

from stores.english import STOP_WORDS, words

#: Cosine above which texts without a difference say the same.
SAME = 0.95
#: Cosine below which texts are about different things.
APART = 0.85


class Difference(StrEnum):
    """In what two texts differ."""

    NUMBER = "number"
    DATE = "date"
    NEGATION = "negation"
    NAME = "name"
    QUALIFIER = "qualifier"


class Verdict(StrEnum):
    """What a text is to one that is stored."""

    NOOP = "noop"
    DISTINCT = "distinct"
    UNCLEAR = "unclear"


def _listed(text: str) -> list[str]:
    return text.split()


_UNITS = _listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_ORDINALS = _listed(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_TENS = dict(
    zip(_listed("thirty forty fifty sixty seventy eighty ninety"), range(30, 100, 10), strict=True)
)
_ROMAN = dict(
    zip(
        _listed("II III IV VI VII VIII IX XI XII XIII XIV XV XVI XVII XVIII XIX XX"),
        (2, 3, 4, 6, 7, 8, 9, *range(11, 21)),
        strict=True,
    )
)
_SPELT = (
    {word: str(n) for n, word in enumerate(_UNITS)}
    | {word: str(n) for n, word in enumerate(_ORDINALS)}
    | {word: str(n) for word, n in _TENS.items()}
    | {"once": "1", "twice": "2", "dozen": "12", "hundred": "100", "thousand": "1000"}
)
_NUMBER = re.compile(r"(?P<digits>\d+(?:[.,:]\d+)*)(?:st|nd|rd|th)?|(?P<word>[^\W\d_]+)")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?:]\s*$|^\s*$")

_MONTHS = {
    month: month[:3]
    for month in _listed(
        "january february march april may june july august september october november december"
    )
}
_MONTHS |= {short: short for short in _MONTHS.values()} | {"sept": "sep"}
_WEEKDAYS = words("monday tuesday wednesday thursday friday saturday sunday")
_TIMES = words(
    "yesterday today tomorrow tonight morning afternoon evening night weekend week month year "
    "spring summer autumn fall winter last next ago"
)
_NEGATING = words(
    "not no never none nobody nothing neither nor cannot without hardly barely lacks refuses "
    "stopped quit former formerly ex used moved switched changed longer anymore cancelled left "
    "dislikes hates"
)
_QUALIFIERS = words(
    "only just almost nearly about around sometimes always usually often rarely seldom maybe "
    "perhaps might may could would should probably possibly most some all every each any few many "
    "several more less fewer least before after until since unless if when except but best worst "
    "favourite favorite new old previous current temporarily permanently plans wants hopes"
)
_NOT = re.compile(r"n't$")
#: Written small it is no month.
_MAY = re.compile(r"\bMay\b")
_PLAIN_NOT = words("not cannot never no")
#: Capitalised, but compared as what they are.
_NO_NAMES = words("i i'm i've i'd i'll").union(_MONTHS, _WEEKDAYS, map(str.lower, _ROMAN))


def numbers(text: str) -> Counter[str]:
    """The numbers of a text in digits, ordinals and Roman numerals among them."""
    found: Counter[str] = Counter()
    for match in _NUMBER.finditer(text):
        if digits := match["digits"]:
            found[_plain(digits)] += 1
        elif number := _SPELT.get(match["word"].casefold()):
            found[number] += 1
        elif match["word"] in _ROMAN:
            found[str(_ROMAN[match["word"]])] += 1
    return found


def _plain(digits: str) -> str:
    # "1,000" is a thousand, "1.50" and "18:30" stay as they are.
    grouped = re.fullmatch(r"\d{1,3}(?:,\d{3})+", digits)
    return (digits.replace(",", "") if grouped else digits).lstrip("0") or "0"


def dates(text: str) -> frozenset[str]:
    """The words of a text that name a time, months by their first three letters."""
    said = _words(text)
    months = {_MONTHS[w] for w in said & _MONTHS.keys() if w != "may" or _MAY.search(text)}
    return frozenset(months | said & (_WEEKDAYS | _TIMES))


def differences(a: str, b: str) -> frozenset[Difference]:
    """In what two texts differ, whatever else they have in common."""
    one, other = _words(a), _words(b)
    apart = {
        Difference.NUMBER: numbers(a) != numbers(b),
        Difference.DATE: dates(a) != dates(b),
        Difference.NEGATION: _negating(one) != _negating(other),
        Difference.NAME: not (_names(a) <= other and _names(b) <= one),
        Difference.QUALIFIER: one & _QUALIFIERS != other & _QUALIFIERS,
    }
    return frozenset(kind for kind, differs in apart.items() if differs)


def duplicate(a: str, b: str, cosine: float) -> Verdict:
    """Whether one text says what another does, by their cosine and how they differ.

    Another number, date or name is another thing, however alike the rest; another polarity or
    reservation may be a contradiction, which is not for a rule to decide.
    """
    if _bare(a) == _bare(b):
        return Verdict.NOOP
    apart = differences(a, b)
    if cosine < APART or apart & {Difference.NUMBER, Difference.DATE, Difference.NAME}:
        return Verdict.DISTINCT
    return Verdict.NOOP if cosine > SAME and not apart else Verdict.UNCLEAR


def _bare(text: str) -> list[str]:
    return [w.casefold() for w in _WORD.findall(_straight(text))]


def _straight(text: str) -> str:
    return text.replace("’", "'")


def _words(text: str) -> frozenset[str]:
    said = (word.casefold() for word in _WORD.findall(_straight(text)))
    return frozenset(word.removesuffix("'s") for word in said)


def _negating(said: frozenset[str]) -> frozenset[str]:
    """What negates: all forms of "not" are one, the others are as they are."""
    plain = bool(said & _PLAIN_NOT) or any(map(_NOT.search, said))
    return said & (_NEGATING - _PLAIN_NOT) | ({"not"} if plain else set())


def _names(text: str) -> frozenset[str]:
    """Capitalised words; of those that begin a sentence, the ones that say something."""
    found = set()
    text = _straight(text)
    for match in _WORD.finditer(text):
        word = match[0].removesuffix("'s")
        opens = bool(_SENTENCE_END.search(text[max(0, match.start() - 3) : match.start()]))
        if word[0].isupper() and not (opens and word.casefold() in STOP_WORDS):
            found.add(word.casefold())
    return frozenset(found - _NO_NAMES)
