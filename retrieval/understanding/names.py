"""Finds the names in a question: people, places, titles, quotations, numbers of things."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.understanding.dates import MONTH
from retrieval.understanding.periods import MONTHS, WEEKDAYS
from retrieval.understanding.spelling import Word
from retrieval.understanding.words import AUXILIARIES, COMMON_VERBS, EMPTY_WORDS, FINITE, NOT_NAMES

_QUOTED = re.compile(
    r"\"([^\"]+)\"|“([^”]+)”|«([^»]+)»|`([^`]+)`|(?<!\w)['‘](?=\S)([^']+)['’](?!\w)"
)
# PX-1042, GPT-4, A380, ada@example.org, #311; not 18th, 5pm, 10km, mid-2022 or 5-year-old.
_MIXED = re.compile(
    r"(?<![\w@#.-])(?:[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[@#]\w[\w-]*"
    r"|(?!(?i:mid|pre|post|top|pm|am|q)-?\d)[^\W\d_]+(?:-[^\W\d_]+)*-?\d\w*(?:-\w+)*"
    r"|\d+-[A-Z][A-Z0-9-]*|\d+[A-Z][A-Z0-9]{2,})(?![\w@])"
)
#: Written in capitals by anybody, of anything.
_COMMON_CAPITALS = frozenset(
    [
        "i",
        "i'm",
        "i've",
        "i'd",
        "i'll",
        "ok",
        "okay",
        "tv",
        "pm",
        "am",
        "diy",
        "faq",
        "cd",
        "dvd",
        "id",
        "asap",
        "fyi",
        "btw",
        "omg",
        "lol",
        "u",
        "q",
        "a",
    ]
)
#: Words that questions and requests open with; none of them is a name there.
_OPENERS = (
    NOT_NAMES
    | AUXILIARIES
    | EMPTY_WORDS
    | frozenset(
        [
            "tell",
            "list",
            "give",
            "describe",
            "explain",
            "summarize",
            "summarise",
            "compare",
            "name",
            "show",
            "find",
            "remind",
            "recall",
            "remember",
            "please",
            "regarding",
            "concerning",
            "considering",
            "following",
            "reflecting",
            "given",
            "according",
            "besides",
            "across",
            "among",
            "within",
            "throughout",
            "despite",
            "how's",
            "what's",
            "who's",
            "where's",
            "when's",
            "why's",
            "any",
            "anyone",
            "did",
            "does",
            "let's",
            "latest",
            "favorite",
            "favourite",
            "current",
            "recent",
            "new",
            "old",
            "my",
            "our",
            "your",
        ]
    )
)
_LINKS = frozenset({"of", "the", "de", "la", "le", "del", "der", "van", "von", "da", "di", "du"})
_TITLE_LINKS = frozenset({"in", "on", "at", "to", "for", "and", "a", "an"})
_TITLES = frozenset({"dr", "mr", "mrs", "ms", "prof", "st", "mt"})
_MONTH_WORD = re.compile(rf"{MONTH}$", re.IGNORECASE)
_CALENDAR = frozenset({*MONTHS, *WEEKDAYS, *(f"{d}s" for d in WEEKDAYS)})
_BEFORE_NAMES = frozenset(
    [
        "did",
        "does",
        "do",
        "has",
        "have",
        "had",
        "is",
        "was",
        "will",
        "would",
        "can",
        "could",
        "should",
        "might",
        "may",
        "with",
        "and",
    ]
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Name:
    """A name and where it stands; a quotation counts as one."""

    text: str
    start: int
    end: int
    owns: bool = False
    quoted: bool = False


def quotations(text: str) -> tuple[Name, ...]:
    """What stands in quotation marks."""
    found = []
    for match in _QUOTED.finditer(text):
        inner = next((group for group in match.groups() if group is not None), "").strip()
        inner = inner.rstrip(",.;")
        if inner:
            found.append(Name(text=inner, start=match.start(), end=match.end(), quoted=True))
    return tuple(found)


def find_names(
    text: str, words: Sequence[Word], quoted: Sequence[Name], dates: Sequence[tuple[int, int]]
) -> tuple[Name, ...]:
    """The names of a question, in order; what is part of a date is none."""
    taken = [(name.start, name.end) for name in quoted]
    mixed = [
        Name(text=match[0], start=match.start(), end=match.end())
        for match in _MIXED.finditer(text)
        if _free(match.start(), match.end(), taken) and not _is_plain(match[0])
    ]
    taken += [(name.start, name.end) for name in mixed]
    spelled = [w for w in words if _free(w.start, w.end, [*taken, *dates])]
    letters = [w for w in spelled if w.text[0].isalpha()]
    shouted = text.isupper() and len(letters) > 1
    if _title_case(letters):
        spelled = [w for w in spelled if w.lower not in _OPENERS | COMMON_VERBS | FINITE]
    capital = [] if shouted else [*_capitals(text, spelled)]
    return tuple(sorted([*quoted, *mixed, *capital], key=lambda name: name.start))


def _title_case(words: Sequence[Word]) -> bool:
    """Whether Every Word Is In Capitals, so that they tell nothing."""
    plain = [word for word in words if word.lower in EMPTY_WORDS]
    return len(plain) > 1 and len(words) > len(plain) and all(word.capital for word in words)


def _free(start: int, end: int, taken: Sequence[tuple[int, int]]) -> bool:
    return all(end <= first or last <= start for first, last in taken)


def _is_plain(token: str) -> bool:
    """ "May2023" or "t-20" in lower case say nothing."""
    return bool(_MONTH_WORD.match(token.rstrip("0123456789")))


def _capitals(text: str, words: Sequence[Word]) -> Iterator[Name]:
    """Runs of words in capitals, a link such as "of the" between two of them included."""
    position = 0
    while position < len(words):
        end = _run_end(text, words, position)
        if end is None:
            position += 1
            continue
        first, last = words[position], words[end]
        yield Name(
            text=text[first.start : last.end], start=first.start, end=last.end, owns=last.owns
        )
        position = end + 1


def _run_end(text: str, words: Sequence[Word], position: int) -> int | None:
    """The last word of the name that begins here, if one does."""
    if not _can_begin(text, words, position):
        return None
    # "Last Night in Soho": who writes "last" in capitals writes a title.
    links = _LINKS | _TITLE_LINKS if words[position].lower in _OPENERS else _LINKS
    end = position
    while not words[end].owns:
        step = end + 1
        while step < len(words) and step - end <= 2 and words[step].lower in links:
            step += 1
        if step == len(words) or not _follows(words[end], words[step], gap=step - end):
            break
        gap = text[words[step - 1].end : words[step].start].strip(" ")
        if gap and not (gap == "." and _is_short(words[step - 1])):
            break
        end = step
    return end if words[end].lower not in {"the"} else None


def _is_short(word: Word) -> bool:
    """ "Dr." and "J." end in a dot without ending a sentence."""
    return word.lower in _TITLES or len(word.text) == 1


def _follows(last: Word, word: Word, *, gap: int) -> bool:
    return (
        (word.capital or (word.text[0].isdigit() and gap == 1 and len(word.text) < 4))
        and word.lower not in _COMMON_CAPITALS
        and not word.opens
        and word.text not in _CALENDAR
        and not (gap > 1 and word.text[0].isdigit())
        and not (word.lower in AUXILIARIES and last.opens)
    )


def _can_begin(text: str, words: Sequence[Word], position: int) -> bool:
    word = words[position]
    if not word.capital:
        return any(map(str.isupper, word.text[1:])) and word.text[0].isalpha()  # iPhone
    if word.lower in _COMMON_CAPITALS or (word.lower in AUXILIARIES and word.lower != "may"):
        return False
    following = words[position + 1] if position + 1 < len(words) else None
    if word.text in _CALENDAR:
        before = words[position - 1].lower if position else ""
        return word.owns or (before in _BEFORE_NAMES and word.text in MONTHS)
    if word.lower == "the":
        return not word.opens and following is not None and following.capital
    if not word.opens:
        return word.lower not in EMPTY_WORDS
    return _opens_with_name(text, word, following, position)


def _opens_with_name(text: str, word: Word, following: Word | None, position: int) -> bool:
    """Whether a sentence opens with a name: every sentence opens with a capital."""
    if word.lower in _OPENERS:
        return False
    if following is None:
        return position == 0
    behind = text[word.end : word.end + 1]
    if word.owns or (behind in {",", ":"} and position == 0) or word.lower in _TITLES:
        return True
    if following.capital and not following.opens and following.lower not in _COMMON_CAPITALS:
        return not word.lower.endswith(("ing", "ed")) or following.text in _CALENDAR
    return following.lower in FINITE or following.lower in {"and", "or"}
