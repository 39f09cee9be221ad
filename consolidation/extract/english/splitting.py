"""Finds the sentences of a text, with exact character offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from sentencex import segment

_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_SIGNS = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "."}
_STOPS = frozenset("。！？؟।॥։")
# Ends of sentences that the splitter takes for abbreviations ("… with me. I …").
_WORDS_LIKE_ABBREVIATIONS = ("me", "no", "art", "ill", "miss", "ok", "etc", "min", "hr", "May")
_MISSED = "|".join(rf"(?<=\b{word}\.)" for word in _WORDS_LIKE_ABBREVIATIONS)
_BREAK = re.compile(rf"\n\s*(?=[-*+•]\s|\d+[.)]\s|\n)|(?:{_MISSED}|(?<=[!?]))\s+(?=[A-Z])")


def sentence_spans(content: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences in order, without the white space around them."""
    start = 0
    for part in segment("en", _ascii_shadow(content)):
        end = start + len(part)
        yield from _line_spans(content, start, end)
        start = end


def _ascii_shadow(content: str) -> str:
    # The splitter counts bytes in places and fails on white space of several bytes; in ASCII a
    # byte is a character, so it cannot, and its parts have the lengths of ours.
    return content if content.isascii() else _NON_ASCII.sub(_ascii_like, content)


def _ascii_like(match: re.Match[str]) -> str:
    char = match[0]
    if char in _SIGNS:
        return _SIGNS[char]
    if char in _STOPS:
        return "."
    if char.isalpha():
        return "A" if char.isupper() else "a"
    return " "


def _line_spans(content: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    cuts = [start, *(m.end() for m in _BREAK.finditer(content, start, end)), end]
    for left, right in pairwise(cuts):
        text = content[left:right]
        stripped = text.strip()
        if stripped:
            lead = left + text.index(stripped)
            yield lead, lead + len(stripped)
