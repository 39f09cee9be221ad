"""Finds where a turn says what a model quotes of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_SAME = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "`": "'", "´": "'",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-",
    "…": "...",
}  # fmt: skip
#: What models put around a quote.
_AROUND = " \t\r\n.\"'“”‘’…"
#: Fewer letters and digits than this are found anywhere.
_LEAST = 2


def find_quote(content: str, quote: str) -> tuple[int, int] | None:
    """The characters of the content, exactly as quoted or else but for case, spaces and marks."""
    bare = quote.strip(_AROUND)
    if sum(map(str.isalnum, bare)) < _LEAST:
        return None
    return _exact(content, quote.strip()) or _exact(content, bare) or _alike(content, bare)


def _exact(content: str, quote: str) -> tuple[int, int] | None:
    for start in _places(content, quote):
        end = start + len(quote)
        if not _inside_word(content, start) and not _inside_word(content, end):
            return start, end
    return None


def _alike(content: str, quote: str) -> tuple[int, int] | None:
    folded, origins = _folded(content)
    wanted, _ = _folded(quote)
    for at in _places(folded, wanted):
        last = at + len(wanted) - 1
        start, end = origins[at], origins[last] + 1
        begun = at > 0 and origins[at - 1] == start
        unfinished = last + 1 < len(origins) and origins[last + 1] == origins[last]
        in_word = _inside_word(content, start) or _inside_word(content, end)
        if not (begun or unfinished or in_word):
            return start, end
    return None


def _places(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


def _folded(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and for each of its characters the place it came from."""
    characters: list[str] = []
    origins: list[int] = []
    for place, character in enumerate(text):
        for folded in _fold(character):
            if folded == " " and characters[-1:] == [" "]:
                continue
            characters.append(folded)
            origins.append(place)
    return "".join(characters), origins


def _fold(character: str) -> str:
    if character.isspace():
        return " "
    if unicodedata.category(character) == "Cf":  # Joiners and direction marks are not seen.
        return ""
    return _SAME.get(character) or unicodedata.normalize("NFD", character).casefold()


def _inside_word(content: str, place: int) -> bool:
    """Whether letters or digits stand on both sides, in scripts that set words apart."""
    if not 0 < place < len(content):
        return False
    return _is_spaced(content[place - 1]) and _is_spaced(content[place])


def _is_spaced(character: str) -> bool:
    return character.isdecimal() or character.lower() != character.upper()
