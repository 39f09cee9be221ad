"""Candidates as columns: what was found and what stands beside it, ready to be compared at once.

What rests on one episode stands behind it: a fact is another key to its episode, and must not take
a second place beside it. Who follows whom in a session is kept, because what was said just before
and after tells what a turn is about (the contiguity effect of recall; EM-LLM, arXiv:2407.09450,
§3.3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retrieval.bm25 import idf, saturation
from stores.ids import MemoryId
from stores.search import Candidate, TermCounts
from stores.signature import Signatures, Trait, read

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

_WORD = re.compile(r"[^\W_]+")
_TITLES = frozenset({"dr", "mr", "mrs", "ms", "prof", "sir", "the"})


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Candidates:
    """n candidates in columns, ordered by id; position n stands for nobody."""

    #: Who each candidate is: the episode, or a memory that rests on none that may be seen.
    heads: tuple[Candidate, ...]
    #: Per candidate all that stands behind it, itself first.
    members: tuple[tuple[Candidate, ...], ...]
    #: The member to show: the head, unless one that rests on it fits better in every way.
    faces: tuple[Candidate, ...]
    #: (n,) the head's cosine to the question; 0 where there is no embedding.
    cosine: Floats
    #: (n,) the head's BM25 in units of what a text of mean length scores that holds every term
    #: once: 0..K1 + 1.
    bm25: Floats
    #: (n,) the best cosine of all members.
    keyed: Floats
    #: (n, terms) which of the question's terms it holds, and (n, terms) what each is worth there,
    #: summing to 1.
    holds: NDArray[np.bool_]
    worth: Floats
    #: (n,) who comes before and after in the session.
    before: Positions
    after: Positions
    #: (n,) equal for candidates of one session.
    session: Positions
    #: (n,) whether the question names who says it; of what no episode stands behind, whom it is
    #: about.
    named: NDArray[np.bool_]
    #: (n,) whether it is part of a conversation: somebody says it, or it stands in a session.
    said: NDArray[np.bool_]
    signatures: Signatures

    def __len__(self) -> int:
        return len(self.heads)

    def at(self, values: Floats, positions: Positions, nobody: float = 0.0) -> Floats:
        """(n,) the values of others: of those before, say; `nobody`'s where there is none."""
        return np.append(values, nobody)[positions]

    def has(self, trait: Trait) -> Floats:
        """(n,) 1 where the text has the trait."""
        return self.signatures.has(trait).astype(np.float64)


def candidates(
    rows: Sequence[Candidate],
    question: str,
    terms: Sequence[str],
    counts: Sequence[TermCounts],
) -> Candidates:
    """What was found, grouped by what it rests on; `terms` are the distinct ones of `question`."""
    members = tuple(_groups(rows))
    heads = tuple(group[0] for group in members)
    place = {head.memory_id: number for number, head in enumerate(heads)}
    owner = np.array([n for n, group in enumerate(members) for _ in group], dtype=np.intp)
    flat = [member for group in members for member in group]
    alone = len(flat) == len(heads)
    everything = read([member.signature for member in flat])
    frequencies = np.array([everything.frequencies(term) for term in terms]).T.reshape(
        len(flat), len(terms)
    )
    spaces = np.array([member.space for member in flat], dtype=np.intp)
    idfs = np.array([idf(found.parts, found.counts) for found in counts])
    weights = idfs.reshape(len(counts), len(terms))[spaces]
    most = np.maximum(weights.sum(axis=1), 1e-9)
    mean_lengths = np.array([found.mean_length for found in counts])[spaces]
    saturated = saturation(frequencies, everything.lengths, mean_lengths)
    bm25 = (weights * saturated).sum(axis=1) / most
    before, after = _chains(heads, place)
    words = frozenset(_WORD.findall(question.lower()))
    first = np.searchsorted(owner, np.arange(len(heads)))
    cosine = np.array([member.cosine or 0.0 for member in flat])
    return Candidates(
        heads=heads,
        members=members,
        faces=heads if alone else _faces(members, first, cosine, bm25),
        cosine=cosine[first],
        bm25=bm25[first],
        keyed=cosine if alone else _best(cosine, owner, len(heads)),
        holds=(frequencies > 0)[first],
        worth=(weights / most[:, None])[first],
        before=before,
        after=after,
        session=_codes([(h.space, h.session_id or h.memory_id) for h in heads]),
        named=np.array([_is_named(words, head) for head in heads], dtype=np.bool_),
        said=np.array([bool(h.speaker or h.session_id) for h in heads], dtype=np.bool_),
        signatures=everything if alone else everything.of(first),
    )


def _groups(rows: Sequence[Candidate]) -> list[tuple[Candidate, ...]]:
    """Rows by the episode they rest on, where that may be seen, else by themselves, by id."""
    heads, resting = rows, dict[MemoryId, list[Candidate]]()
    if any(row.source is not None for row in rows):
        seen = {row.memory_id for row in rows}
        heads = [row for row in rows if row.source is None or row.source not in seen]
        for row in rows:
            if row.source is not None and row.source in seen:
                resting.setdefault(row.source, []).append(row)
    return [
        (head, *sorted(resting.get(head.memory_id, ()), key=_number)) if resting else (head,)
        for head in sorted(heads, key=_number)
    ]


def _number(row: Candidate) -> int:
    """As ids compare, and many times faster."""
    return row.memory_id.int


def _chains(
    heads: Sequence[Candidate], place: Mapping[MemoryId, int]
) -> tuple[Positions, Positions]:
    """Who follows whom: all that the neighbours of the seeds say about it together."""
    nobody = len(heads)
    before = np.full(nobody, nobody, dtype=np.intp)
    after = np.full(nobody, nobody, dtype=np.intp)
    for number, head in enumerate(heads):
        if head.before is not None and (earlier := place.get(head.before)) is not None:
            before[number], after[earlier] = earlier, number
        if head.after is not None and (later := place.get(head.after)) is not None:
            after[number], before[later] = later, number
    return before, after


def _faces(
    members: Sequence[Sequence[Candidate]], first: Positions, cosine: Floats, bm25: Floats
) -> tuple[Candidate, ...]:
    faces = []
    for group, start in zip(members, first, strict=True):
        face = 0
        for number in range(1, len(group)):
            one, other = start + number, start + face
            if cosine[one] > cosine[other] and bm25[one] > bm25[other]:
                face = number
        faces.append(group[face])
    return tuple(faces)


def _best(values: Floats, owner: Positions, groups: int) -> Floats:
    best = np.full(groups, -np.inf)
    np.maximum.at(best, owner, values)
    return best


def _codes(keys: Sequence[object]) -> Positions:
    """(n,) a number per key, equal where the keys are."""
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def _is_named(words: frozenset[str], head: Candidate) -> bool:
    return bool(head.speaker and words & names_of(head.speaker))


@lru_cache(maxsize=10_000)
def names_of(speaker: str) -> frozenset[str]:
    """The parts of a name, titles left out."""
    return frozenset(_WORD.findall(speaker.lower())) - _TITLES
