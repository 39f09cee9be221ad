"""What an event is about, in its own words: a title of its key terms, then what tells most."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

from consolidation.segment.turns import Turn
from retrieval.packing.sentences import sentences
from retrieval.understanding.words import (
    ADVERBS,
    COMMON_VERBS,
    EMPTY_WORDS,
    EVALUATIVE,
    FINITE,
)
from stores.english import PLAIN, STOP_WORDS
from stores.lexical import plain_terms

#: Key terms of a title, and sentences below it.
_KEYS, _SENTENCES = 5, 2
#: Characters of a sentence that are shown.
_LONGEST = 300
#: A name tells more than another word.
_NAMED = 1.5
_WORD = re.compile(r"[^\W\d_][\w'’-]*[^\W_]")
_NEVER = STOP_WORDS | PLAIN | EMPTY_WORDS | EVALUATIVE | COMMON_VERBS | FINITE | ADVERBS
#: Forms of verbs, which tell less than what is done to what.
_VERBAL = re.compile(r".{3,}(?:ing|ed)")
_LESS = 0.5
#: What stands in brackets is about a turn, such as a picture's caption.
_ASIDE = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Said:
    """A sentence, who said it in which turn, and how likely it is to tell something."""

    turn: int
    speaker: str
    text: str
    terms: frozenset[str]
    weight: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Frequencies:
    """In how many of so many turns of a session each term is said."""

    turns: int
    by_term: Mapping[str, int]


def frequencies(texts: Sequence[str]) -> Frequencies:
    """Those of the turns of a session, which set its events apart."""
    by_term = Counter(key for text in texts for key in set(plain_terms(text)))
    return Frequencies(turns=len(texts), by_term=by_term)


def gist(event: Sequence[Turn], known: Frequencies) -> str:
    """A title, and the sentences that say most of what the event says next to its session."""
    texts = [_said(turn) for turn in event]
    weights = _weights(texts, known)
    names = frozenset(word.casefold() for turn in event for word in _WORD.findall(turn.speaker))
    told = [f"{said.speaker}: {_short(said.text)}" for said in _central(event, weights)]
    return "\n".join([*_title(texts, weights, names), *told])


def _weights(texts: Sequence[str], known: Frequencies) -> dict[str, float]:
    """How much each term tells: in how many turns it is said, and in how few of the session."""
    said = Counter(key for text in texts for key in set(plain_terms(text)))
    rarity = {key: log((known.turns + 1) / (known.by_term[key] + 0.5)) for key in said}
    return {key: n * rarity[key] for key, n in said.items()}


def _title(
    texts: Sequence[str], weights: Mapping[str, float], speakers: frozenset[str]
) -> list[str]:
    """The line of the key terms, in the order in which they are said; none without any."""
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    named: Counter[str] = Counter()
    for text in texts:
        for word, begins in _words(text):
            if word.casefold() in _NEVER or word.casefold() in speakers:
                continue
            for key in plain_terms(word)[:1]:
                spellings[key][word if not begins else word.casefold()] += 1
                named[key] += not begins and word[0].isupper()
    keys = [key for key in spellings if key in weights]
    worth = {key: weights[key] * _favour(spellings[key], named[key]) for key in keys}
    best = set(sorted(keys, key=lambda key: (-worth[key], keys.index(key)))[:_KEYS])
    words = [spellings[key].most_common(1)[0][0] for key in keys if key in best]
    line = ", ".join(dict.fromkeys(words))
    return [line[0].upper() + line[1:]] if line else []


def _favour(spellings: Mapping[str, int], named: int) -> float:
    if named:
        return _NAMED
    return _LESS if all(map(_VERBAL.fullmatch, spellings)) else 1.0


def _central(event: Sequence[Turn], weights: Mapping[str, float]) -> list[_Said]:
    """The sentences of most weight, each counted for what those before it do not say."""
    left = list(_sentences(event))
    chosen: list[_Said] = []
    covered: set[str] = set()
    while left and len(chosen) < _SENTENCES:
        best = max(left, key=lambda said: _worth(said, weights, covered))
        if chosen and _worth(best, weights, covered) <= 0:
            break
        chosen.append(best)
        covered |= best.terms
        left = [said for said in left if said.turn != best.turn]
    return sorted(chosen, key=lambda said: said.turn)


def _worth(said: _Said, weights: Mapping[str, float], covered: set[str]) -> float:
    fresh = sum(weights.get(key, 0.0) for key in said.terms - covered)
    # By the root of its length: neither the longest always, nor the shortest.
    return said.weight * fresh / sqrt(max(1, len(said.terms)))


def _sentences(event: Sequence[Turn]) -> Iterator[_Said]:
    for number, turn in enumerate(event):
        for sentence in sentences(" ".join(_said(turn).split()), ()):
            yield _Said(
                turn=number,
                speaker=turn.speaker,
                text=sentence.text,
                terms=sentence.terms,
                weight=sentence.weight,
            )


def _said(turn: Turn) -> str:
    """The turn without what is said about it, unless there is nothing else."""
    return _ASIDE.sub("", turn.text).strip() or turn.text


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """The words of a text, and whether each begins a sentence."""
    for found in _WORD.finditer(text):
        before = text[: found.start()].rstrip(" \"'“‘([")
        yield found[0], not before or before[-1] in ".!?…:\n"


def _short(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return text[:_LONGEST].rsplit(" ", 1)[0] + "…"
