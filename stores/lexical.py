"""The words of memories: how text becomes terms, and the inverted index they are kept in.

Under row-level security PostgreSQL does not use a GIN index for text search, so the index is a
table of postings with a B-tree on (tenant, space, term), which is also what true BM25 needs.
"""

from __future__ import annotations

import asyncio
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import Stemmer
from sqlalchemy import text

from stores.database import WriteSession
from stores.ids import MemoryId, SpaceId

_WORD = re.compile(r"\w+(?:['’]\w+)?")
_LONGEST = 60
_MOST = 32_000
#: Characters above which a thread does the counting.
_LONG = 50_000
_STEMMERS = threading.local()

_INSERT = text("""
    INSERT INTO postings
        (tenant_id, space_id, term, memory_id, text_version, part, frequency, length)
    SELECT :tenant, :space, p.term, p.memory_id, p.text_version, p.part, p.frequency, p.length
    FROM unnest(CAST(:terms AS text[]), CAST(:memory_ids AS uuid[]), CAST(:text_versions AS int[]),
                CAST(:parts AS smallint[]), CAST(:frequencies AS smallint[]),
                CAST(:lengths AS int[]))
         AS p(term, memory_id, text_version, part, frequency, length)
    ON CONFLICT DO NOTHING
""")
_COUNT = text("""
    INSERT INTO lexical_stats AS s (tenant_id, space_id, parts, terms)
    VALUES (:tenant, :space, :parts, :terms)
    ON CONFLICT (tenant_id, space_id)
    DO UPDATE SET parts = s.parts + excluded.parts, terms = s.terms + excluded.terms
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexedText:
    """One part of one memory's text, as it is to be found by its words."""

    memory_id: MemoryId
    text_version: int
    part: int
    text: str


def terms(text: str) -> list[str]:
    """The stemmed words of a text, in order, stop words left out."""
    return [_stem(word) for word in _words(text)]


def words_by_term(text: str) -> dict[str, str]:
    """Each term of a text with the first word that made it, to show to people."""
    found: dict[str, str] = {}
    for word in _words(text):
        found.setdefault(_stem(word), word)
    return found


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("\x00", " ")
    words = (word.removesuffix("'s") for word in _WORD.findall(folded))
    return [word for word in words if word not in STOP_WORDS and len(word) <= _LONGEST]


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    # A stemmer keeps state while it works, so each thread has its own.
    stemmer = getattr(_STEMMERS, "english", None)
    if stemmer is None:
        stemmer = _STEMMERS.english = Stemmer.Stemmer("english")
    stemmed: str = stemmer.stemWord(word)
    return stemmed


Posting = tuple[str, UUID, int, int, int, int]


async def index(session: WriteSession, space: SpaceId, texts: Sequence[IndexedText]) -> None:
    """Make the texts findable by their words, as of this transaction's commit."""
    if sum(len(item.text) for item in texts) > _LONG:
        rows, lengths = await asyncio.to_thread(_postings, texts)
    else:
        rows, lengths = _postings(texts)
    if not rows:
        return
    names = ("terms", "memory_ids", "text_versions", "parts", "frequencies", "lengths")
    columns = map(list, zip(*rows, strict=True))
    await session.execute(_INSERT, space=space, **dict(zip(names, columns, strict=True)))
    # Last, because every writer of the space waits for this row until we commit.
    await session.execute(_COUNT, space=space, parts=len(lengths), terms=sum(lengths))


def _postings(texts: Sequence[IndexedText]) -> tuple[list[Posting], list[int]]:
    """The rows of the inverted index, and the lengths of the parts that have any terms."""
    rows: list[Posting] = []
    lengths: list[int] = []
    for item in texts:
        counts = Counter(terms(item.text))
        if not counts:
            continue
        length = sum(counts.values())
        lengths.append(length)
        rows += [
            (term, item.memory_id, item.text_version, item.part, min(n, _MOST), length)
            for term, n in counts.items()
        ]
    # In the order of the primary key the index pages are written once.
    rows.sort()
    return rows, lengths


#: Words that say nothing about what a text is about: the function words of English, with their
#: contractions. Negations stay in, they change what is said.
STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "above",
        "after",
        "again",
        "all",
        "also",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "being",
        "below",
        "between",
        "both",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "down",
        "during",
        "each",
        "few",
        "for",
        "from",
        "further",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "here",
        "hers",
        "herself",
        "him",
        "himself",
        "his",
        "how",
        "i",
        "i'd",
        "i'll",
        "i'm",
        "i've",
        "if",
        "in",
        "into",
        "is",
        "it",
        "it's",
        "its",
        "itself",
        "just",
        "me",
        "more",
        "most",
        "my",
        "myself",
        "of",
        "off",
        "on",
        "once",
        "only",
        "or",
        "other",
        "our",
        "ours",
        "ourselves",
        "out",
        "over",
        "own",
        "same",
        "she",
        "should",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "theirs",
        "them",
        "themselves",
        "then",
        "there",
        "these",
        "they",
        "they're",
        "they've",
        "this",
        "those",
        "through",
        "to",
        "too",
        "under",
        "until",
        "up",
        "very",
        "was",
        "we",
        "we're",
        "we've",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "why",
        "will",
        "with",
        "would",
        "you",
        "you'd",
        "you'll",
        "you're",
        "you've",
        "your",
        "yours",
        "yourself",
        "yourselves",
    ]
)
