"""Finds words of a question that belong together, to be looked for as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retrieval.understanding.names import Name
from retrieval.understanding.spelling import Word
from retrieval.understanding.words import (
    ADVERBS,
    AUXILIARIES,
    COMMON_VERBS,
    EMPTY_WORDS,
    FINITE,
    NO_VERB,
)

#: Words of a term, at most; a longer run is hardly one term.
_LONGEST = 4
_NEVER = (
    EMPTY_WORDS
    | AUXILIARIES
    | ADVERBS
    | NO_VERB
    | FINITE
    | COMMON_VERBS
    | frozenset(
        [
            "kinds",
            "types",
            "sorts",
            "type",
            "sort",
            "many",
            "often",
            "long",
            "first",
            "second",
            "third",
            "last",
            "latest",
            "recent",
            "previous",
            "next",
            "during",
            "between",
            "after",
            "before",
            "under",
            "against",
            "without",
            "within",
            "through",
            "using",
            "according",
            "since",
            "ever",
            "tell",
            "list",
            "describe",
            "happened",
            "happen",
            "mention",
            "mentioned",
            "give",
            "given",
            "gave",
            "remind",
            "favorite",
            "favourite",
            "plan",
            "planned",
            "decide",
            "decided",
            "new",
            "current",
            "currently",
            "recently",
            "lately",
            "whose",
            "whom",
            "me",
            "us",
            "anything",
            "two",
            "three",
            "four",
            "five",
            "several",
            "few",
            "both",
            "own",
        ]
    )
)


def find_phrases(
    text: str, words: Sequence[Word], names: Sequence[Name], dates: Sequence[tuple[int, int]]
) -> tuple[str, ...]:
    """Quotations, names of several words, and runs of content words, in this order."""
    named = [name.text for name in names if name.quoted or " " in name.text]
    terms = [" ".join(run) for run in _runs(text, words, names, dates)]
    return tuple(dict.fromkeys([*named, *terms]))


def _runs(
    text: str, words: Sequence[Word], names: Sequence[Name], dates: Sequence[tuple[int, int]]
) -> Iterator[list[str]]:
    taken = sorted([*((name.start, name.end) for name in names), *dates])
    run: list[str] = []
    last: Word | None = None
    at = 0
    for position, word in enumerate(words):
        while at < len(taken) and taken[at][1] <= word.start:
            at += 1
        inside = at < len(taken) and taken[at][0] < word.end
        joined = last is not None and text[last.end : word.start].strip(" ") == ""
        if run and (inside or not joined or _breaks(words, position, names)):
            if 2 <= len(run) <= _LONGEST:
                yield run
            run = []
        if not inside and not _breaks(words, position, names):
            run.append(word.lower)
        last = word
    if 2 <= len(run) <= _LONGEST:
        yield run


def _breaks(words: Sequence[Word], position: int, names: Sequence[Name]) -> bool:
    """Whether no term goes on here: a function word, or the verb behind a subject."""
    word = words[position]
    if word.lower in _NEVER or word.text[0].isdigit() or len(word.text) < 2:
        return True
    if position == 0:
        return False
    before = words[position - 1]
    return before.lower in {"to", "i", "we", "you", "he", "she", "they"} or (
        not before.owns and any(name.end == before.end for name in names)
    )
