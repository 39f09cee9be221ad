"""The sentences of a memory, and how much each is likely to tell about a question."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from retrieval.packing.tokens import count_tokens
from stores.lexical import terms

OMITTED = "…"
_OMITTED_COSTS = count_tokens(OMITTED)
#: An end of a sentence, if something that begins one follows; titles and initials end none.
_END = re.compile(
    r"(?:(?<=[.!?…])(?<!\b[A-Z]\.)(?<!\b(?:Dr|Mr|Ms|St)\.)(?<!\b(?:Mrs|Inc|Jan|Feb)\.)"
    r"|(?<=[.!?…][\"”’')\]]))\s+(?=[\[(\"“'A-Z0-9]|[^\x00-\x7f])|(?<=[。！？])\s*(?=\S)"
)
#: Words that answer what was said before, and seldom tell anything themselves.
_REPLY = re.compile(r"(?:you|your|that|this|it|wow|thanks|sounds|glad|good|great)\b", re.I)
#: Distinct terms from which on a sentence tells as much as one can; below which next to nothing.
_FULL, _FEW = 9, 2
#: Below this a sentence is shown only for want of a better one.
IDLE = 0.2
#: What a term of the question adds, and what every sentence has.
_SHARED, _LEAST = 0.3, 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """A sentence as it stands in the text."""

    text: str
    tokens: int
    terms: frozenset[str]
    #: How much it is likely to tell about the question, next to others of its memory.
    weight: float


def sentences(text: str, asked: Collection[str], *, answered: bool = False) -> tuple[Sentence, ...]:
    """The sentences of a text on one line; `asked` are the question's terms.

    `answered`: what was said next answers it, so that its questions tell what that is about.
    """
    return tuple(_sentence(part, asked, answered=answered) for part in _END.split(text) if part)


def excerpt(parts: Sequence[Sentence], kept: Collection[int]) -> str:
    """The sentences kept, with a mark for those left out, unless they are as short as the mark."""
    return " ".join(text for text, _ in _pieces(parts, kept))


def excerpt_tokens(parts: Sequence[Sentence], kept: Collection[int]) -> int:
    """The length of that excerpt."""
    return sum(tokens for _, tokens in _pieces(parts, kept))


def _pieces(parts: Sequence[Sentence], kept: Collection[int]) -> Iterator[tuple[str, int]]:
    """What the excerpt is put together from, each with its tokens."""
    gap: list[Sentence] = []
    for number, part in enumerate(parts):
        if number not in kept:
            gap.append(part)
            continue
        yield from _gap(gap)
        yield part.text, part.tokens
        gap = []
    yield from _gap(gap)


def _gap(parts: Sequence[Sentence]) -> Iterator[tuple[str, int]]:
    if sum(part.tokens for part in parts) <= _OMITTED_COSTS:
        yield from ((part.text, part.tokens) for part in parts)
    else:
        yield OMITTED, _OMITTED_COSTS


def _sentence(text: str, asked: Collection[str], *, answered: bool) -> Sentence:
    found = frozenset(terms(text))
    return Sentence(
        text=text,
        tokens=count_tokens(text),
        terms=found,
        weight=_weight(text, found, asked, answered=answered),
    )


def _weight(text: str, found: frozenset[str], asked: Collection[str], *, answered: bool) -> float:
    """Chosen on the gold turns of LoCoMo 26, 41 and 43: which sentences hold words of the answer.

    One that shares a term with the question does twice as often (.47 of them against .22), one of
    three terms half as often as one of six (.17, .40), a question or an exclamation half as often
    as a statement (.14, .18 against .36).
    """
    shares = not found.isdisjoint(asked)
    weight = min(len(found), _FULL) / _FULL + (_SHARED if shares else 0.0)
    if text.endswith("?") and not answered:
        weight *= 0.7 if shares else 0.4
    if text.endswith("!"):
        weight *= 0.8
    if _REPLY.match(text):
        weight *= 0.8
    if len(found) < _FEW and not shares:
        weight *= 0.2
    return weight + _LEAST
