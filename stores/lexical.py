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
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from uuid import UUID

import Stemmer
from sqlalchemy import text

from stores.database import WriteSession
from stores.english import STOP_WORDS
from stores.ids import MemoryId, SpaceId
from stores.languages import (
    ENGLISH,
    ModelNeeded,
    fold,
    is_far,
    language_of_words,
    not_loading,
    stemmer_language,
    stop_words,
    without_elision,
)
from stores.signature import signature

#: Scripts without spaces between words: Han, Hiragana, Katakana; Thai, Lao, Burmese, Khmer. Hangul
#: has spaces, but endings are written to its words.
_RUNS = (
    "\u3005-\u3007\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1780-\u17d3\u1100-\u11ff\uac00-\ud7af"
)
_UNSPACED = re.compile(f"([{_RUNS}]+)")
_HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"
#: A Chinese character between Japanese ones: most often a word.
_LONE = re.compile(f"(?<!{_HAN}){_HAN}(?!{_HAN})")
_WORD = re.compile(r"\w+(?:'\w+)?")
#: Signs of vowels and tones, which are parts of words and no letters to `\w`.
_MARKS = "".join(
    re.escape(chr(c)) for c in range(0x0591, 0x1DC0) if unicodedata.category(chr(c)) in ("Mn", "Mc")
)
_MARKED_WORD = re.compile(rf"\w[\w{_MARKS}]*(?:'\w[\w{_MARKS}]*)?")
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
_SIGN = text("""
    INSERT INTO signatures (tenant_id, memory_id, text_version, part, signature)
    SELECT :tenant, s.memory_id, s.text_version, s.part, s.signature
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:text_versions AS int[]),
                CAST(:parts AS smallint[]), CAST(:signatures AS bytea[]))
         AS s(memory_id, text_version, part, signature)
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
    #: The part as it was said, without what the kind puts around it.
    said: str


def terms(text: str) -> list[str]:
    """The terms a text is indexed under.

    Of an English text they are its stemmed words in order, stop words left out. A text in another
    language has these too, because a question may come in any language and a guess may be wrong;
    behind them stand the stems of its own language, where they differ.
    """
    words, language = _read(text)
    plain = [_stem(word) for word in words]
    return plain if language == ENGLISH else plain + _own_terms(words, language)


def query_terms(text: str) -> list[str]:
    """The distinct terms a question asks for: without the stop words of its own language, too."""
    words, language = _read(text)
    if language == ENGLISH:
        return list(dict.fromkeys(map(_stem, words)))
    # A question of nothing but stop words, or one whose language was told wrong.
    telling = [word for word in words if not _says_nothing(word, language)] or words
    return list(dict.fromkeys([*map(_stem, telling), *_own_terms(telling, language)]))


def plain_terms(text: str) -> list[str]:
    """The stemmed words of a text as if it were English: every text that holds it has them all.

    For what must be found whole, such as a name, whose language nobody can tell.
    """
    return [_stem(word) for word in _read(text)[0]]


def words_by_term(text: str) -> dict[str, str]:
    """Each term of a question with the first word that made it, to show to people."""
    words, language = _read(text)
    found: dict[str, str] = {}
    for word in words:
        # A word of another language has two terms and is shown for its own.
        own = _own_stem(word, language) if language != ENGLISH else None
        found.setdefault(_stem(word) if own is None else own, word)
    return found


def _read(text: str) -> tuple[list[str], str]:
    """The words of a text that are no stop words of English, and its language."""
    folded = fold(text)
    found = _far_words(folded) if is_far(folded) else _WORD.findall(folded)
    language = language_of_words(folded, found)
    if "'" in folded:
        found = [word.removesuffix("'s") for word in found]
    return [word for word in found if word not in STOP_WORDS and len(word) <= _LONGEST], language


def _far_words(folded: str) -> list[str]:
    """The words of a text in a script of its own, which may have marks or no spaces.

    Of what is written without spaces every two neighbouring characters are a word, as Lucene's
    CJKAnalyzer does it, and a Chinese character that stands alone between others.
    """
    words: list[str] = []
    for number, piece in enumerate(_UNSPACED.split(folded)):
        if number % 2 == 0:
            words += _MARKED_WORD.findall(piece)
        elif len(piece) == 1:
            words.append(piece)
        else:
            words += map("".join, pairwise(piece))
            words += _LONE.findall(piece)
    return words


def _own_terms(words: Sequence[str], language: str) -> list[str]:
    """The stems words have in their own language, where English has another."""
    own = ((_own_stem(word, language), word) for word in words)
    return [stem for stem, word in own if stem is not None and stem != _stem(word)]


@lru_cache(maxsize=200_000)
def _own_stem(word: str, language: str) -> str | None:
    """None if the word has no stem of its own, or says nothing in the language."""
    name = stemmer_language(language)
    if name is None or _says_nothing(word, language):
        return None
    return _stemmed(without_elision(word, language), name) or None


def _says_nothing(word: str, language: str) -> bool:
    return without_elision(word, language) in stop_words(language)


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    return _stemmed(word, "english")


def _stemmed(word: str, language: str) -> str:
    # A stemmer keeps state while it works, so each thread has its own.
    stemmer = getattr(_STEMMERS, language, None)
    if stemmer is None:
        stemmer = Stemmer.Stemmer(language)
        setattr(_STEMMERS, language, stemmer)
    stemmed: str = stemmer.stemWord(word)
    return stemmed


Posting = tuple[str, UUID, int, int, int, int]
Signed = tuple[UUID, int, int, bytes]
_Rows = tuple[list[Posting], list[int], list[Signed]]


async def index(session: WriteSession, space: SpaceId, texts: Sequence[IndexedText]) -> None:
    """Make the texts findable by their words, as of this transaction's commit."""
    rows, lengths, signed = await _rows_beside(texts)
    if not rows:
        return
    await session.execute(
        _SIGN,
        memory_ids=[memory_id for memory_id, *_ in signed],
        text_versions=[version for _, version, *_ in signed],
        parts=[part for *_, part, _ in signed],
        signatures=[made for *_, made in signed],
    )
    names = ("terms", "memory_ids", "text_versions", "parts", "frequencies", "lengths")
    columns = map(list, zip(*rows, strict=True))
    await session.execute(_INSERT, space=space, **dict(zip(names, columns, strict=True)))
    # Last, because every writer of the space waits for this row until we commit.
    await session.execute(_COUNT, space=space, parts=len(lengths), terms=sum(lengths))


async def _rows_beside(texts: Sequence[IndexedText]) -> _Rows:
    """The rows, made in a thread where that takes long."""
    if sum(len(item.text) for item in texts) <= _LONG:
        with suppress(ModelNeeded), not_loading():
            return _rows(texts)
    return await asyncio.to_thread(_rows, texts)


def _rows(texts: Sequence[IndexedText]) -> _Rows:
    """Postings, the lengths of the parts that have terms, and the signatures of these."""
    rows: list[Posting] = []
    lengths: list[int] = []
    signed: list[Signed] = []
    for item in texts:
        found = terms(item.text)
        if not found:
            continue
        lengths.append(len(found))
        signed.append((item.memory_id, item.text_version, item.part, signature(item.said, found)))
        rows += [
            (term, item.memory_id, item.text_version, item.part, min(n, _MOST), len(found))
            for term, n in Counter(found).items()
        ]
    # In the order of the primary key the index pages are written once.
    rows.sort()
    return rows, lengths, signed
