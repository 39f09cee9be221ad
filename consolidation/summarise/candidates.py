"""The sentences a summary may be made of, each with its place in the turn it is from. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from numpy import float32
from numpy.typing import NDArray

from retrieval.packing.sentences import IDLE, sentences
from stores.ids import MemoryId
from stores.lexical import plain_terms
from stores.records import Span

#: Characters of a sentence beyond which it is cut at a word.
LONGEST = 300
CUT = "…"
#: What stands in brackets is about a turn, such as a picture's caption.
_ASIDE = re.compile(r"\[[^\]]*\]")
_WORD = re.compile(r"[^\W_][\w'’-]*")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Told:
    """A turn of the time that is summarised."""

    id: MemoryId
    content: str
    speaker: str
    occurred_at: datetime
    #: The characters that a child of the summary, or a fact, rests on.
    supported: tuple[Span, ...] = ()
    #: None, if it has no embedding of the current model yet.
    embedding: NDArray[float32] | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Candidate:
    """A sentence of a turn, and how likely it is to tell something."""

    turn: Told
    span: Span
    terms: frozenset[str]
    #: Terms of words that are written as names or numbers.
    named: frozenset[str]
    weight: float
    #: Whether a child or a fact rests on it.
    supported: bool = False
    #: Whether more was said than the span covers.
    cut: bool = False

    @property
    def text(self) -> str:
        """The sentence on one line, with a mark where it is cut."""
        said = " ".join(self.span.of(self.turn.content).split())
        return f"{said}{CUT}" if self.cut else said


def candidates(turns: Sequence[Told]) -> tuple[Candidate, ...]:
    """The sentences of turns in their order; one that hardly tells anything, for want of others."""
    found = [one for turn in turns for one in _of(turn) if one.terms]
    return tuple([one for one in found if one.weight >= IDLE] or found)


def _of(turn: Told) -> Iterator[Candidate]:
    # Blanked out, so that the places of what is left stay what they were.
    said = _ASIDE.sub(lambda aside: " " * len(aside[0]), turn.content)
    said = said if said.strip() else turn.content
    behind = 0
    for sentence in sentences(said, ()):
        start = said.find(sentence.text, behind)
        behind = start + len(sentence.text)
        text = sentence.text.strip()
        start += len(sentence.text) - len(sentence.text.lstrip())
        span = Span(start=start, end=start + len(_short(text)))
        if span.start < span.end:
            yield Candidate(
                turn=turn,
                span=span,
                terms=sentence.terms,
                named=named(span.of(said)),
                weight=sentence.weight,
                supported=any(s.start < span.end and span.start < s.end for s in turn.supported),
                cut=span.end < start + len(text),
            )


def named(text: str, *, openings: bool = False) -> frozenset[str]:
    """Terms of numbers and of capitalised words; of `openings` of sentences only if asked for."""
    found: set[str] = set()
    for match in _WORD.finditer(text):
        word = match[0]
        begins = not text[: match.start()].strip(" \"'“‘([") or (
            text[: match.start()].rstrip()[-1:] in ".!?:"
        )
        if word[0].isdigit() or (word[0].isupper() and (openings or not begins)):
            found.update(plain_terms(word))
    return frozenset(found)


def _short(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return text[:LONGEST].rsplit(None, 1)[0]
