"""The names a text holds: words in capitals, which may lead on to other memories."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.understanding.periods import MONTHS, WEEKDAYS
from retrieval.understanding.spelling import Word, words_of
from stores.lexical import terms

#: What may stand between two words of one name.
_LINKS = frozenset({"of", "the", "de", "von", "van", "la", "le", "al", "der", "del"})
#: Names of times lead to everything of that time.
_CALENDAR = frozenset({*MONTHS, *WEEKDAYS})
#: A first line of at most so many characters, with no mark at its end, is a title.
_TITLE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Name:
    """A name as it is written, and its terms."""

    said: str
    terms: tuple[str, ...]


def names_in(text: str, title: str | None = None) -> tuple[Name, ...]:
    """The names of a title and of a text, each once, those of the title first.

    A word alone that opens a sentence is a name only if it is one elsewhere.
    """
    runs = [*_runs(title or "", titled=True), *_runs(text)]
    known = {word.text for run in runs for word in run.words[run.opens :]}
    found: dict[tuple[str, ...], Name] = {}
    for run in runs:
        if len(run.words) == 1 and not _is_name(run, known):
            continue
        held = tuple(dict.fromkeys(terms(run.said)))
        if held:
            found.setdefault(held, Name(said=run.said, terms=held))
    return tuple(found.values())


def titled(content: str) -> tuple[str | None, str]:
    """The first line of a text, if it stands above the rest like a title; and the rest."""
    first, _, rest = content.partition("\n")
    if (
        not rest.strip()
        or not first.strip()
        or len(first) > _TITLE
        or first.rstrip()[-1] in ".!?,;"
    ):
        return None, content
    return first.strip(), rest


def _is_name(run: _Run, known: Collection[str]) -> bool:
    """Whether a word alone is one."""
    word = run.words[0].text
    return word not in _CALENDAR and (not run.opens or word in known)


@dataclass(frozen=True, slots=True)
class _Run:
    """Words in capitals that follow each other."""

    said: str
    words: Sequence[Word]
    #: Whether it opens a sentence, where every word has a capital.
    opens: bool


def _runs(text: str, *, titled: bool = False) -> Iterator[_Run]:
    words = words_of(text.replace("’", "'"))
    position = 0
    while position < len(words):
        if not _is_capital(words[position]):
            position += 1
            continue
        last = _last(text, words, position)
        run = words[position : last + 1]
        yield _Run(text[run[0].start : run[-1].end], run, run[0].opens and not titled)
        position = last + 1


def _last(text: str, words: Sequence[Word], position: int) -> int:
    """Where the name ends that begins here."""
    last = position
    while not words[last].owns:
        step = last + 1
        if step < len(words) and words[step].lower in _LINKS and not words[step].capital:
            step += 1
        if step >= len(words) or words[step].opens or not _is_capital(words[step], inside=True):
            break
        if any(text[a.end : b.start].strip(" .") for a, b in pairwise(words[last : step + 1])):
            break
        last = step
    return last


def _is_capital(word: Word, *, inside: bool = False) -> bool:
    """Whether it may be part of a name; a letter alone is one only inside it."""
    return word.capital and (inside or len(word.text) > 1)
