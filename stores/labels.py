"""Labels: tags, short metadata values and unspoken names, kept where a question's words find them.

Under row-level security PostgreSQL does not use a GIN index on tags or metadata, so they are rows
of a table with a B-tree, like the words of a text (ADR 4). A label is never trusted alone: a reader
checks that the version it sees still has the value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

from sqlalchemy import text

from stores.database import WriteSession
from stores.ids import MemoryId, SpaceId
from stores.kinds import get_kind
from stores.lexical import plain_terms
from stores.records import MemCube

#: Longer tags and values are prose, which nobody repeats in a question.
LONGEST = 60
#: What marks a label that is a part of somebody's name; no label begins so by itself.
WHO = "@"
#: Words of a question that are looked at.
_MOST_WORDS = 64
_WORD = re.compile(r"[^\W_]+")

#: In the order of the primary key, so that two writers wait for each other only one way.
_INSERT = text("""
    INSERT INTO labels (tenant_id, space_id, label, memory_id, value)
    SELECT :tenant, :space, l.label, l.memory_id, l.value
    FROM unnest(CAST(:labels AS text[]), CAST(:memory_ids AS uuid[]), CAST(:values AS text[]))
         AS l(label, memory_id, value)
    ORDER BY l.label, l.memory_id, l.value
    ON CONFLICT DO NOTHING
""")


def label_of(said: str) -> str:
    """A tag or value as it is compared: its stemmed words joined by '-'; empty if it has none."""
    return "-".join(_stems(said))


def labels_in(question: str) -> list[str]:
    """Every label the words of a question could name: content words, and adjacent pairs."""
    stems = _stems(question)[:_MOST_WORDS]
    pairs = [f"{first}-{second}" for first, second in pairwise(stems)]
    return list(dict.fromkeys([*plain_terms(" ".join(_words(question)[:_MOST_WORDS])), *pairs]))


async def add(session: WriteSession, space: SpaceId, cubes: Sequence[MemCube]) -> None:
    """Make versions findable by their labels, as of this transaction's commit."""
    rows: set[tuple[str, MemoryId, str]] = set()
    for cube in cubes:
        rows |= {(label, cube.id, value) for label, value in _labels(cube)}
    if rows:
        labels, memory_ids, values = map(list, zip(*rows, strict=True))
        await session.execute(
            _INSERT, space=space, labels=labels, memory_ids=memory_ids, values=values
        )


def _labels(cube: MemCube) -> Iterable[tuple[str, str]]:
    """The labels of a version, each with the value as it was written."""
    metadata = cube.data.get("metadata") or {}
    for value in (*cube.tags, *metadata.values()):
        if isinstance(value, str) and len(value) <= LONGEST and (label := label_of(value)):
            yield label, value
    for name in (cube.data.get("speaker"), cube.data.get("subject")):
        if isinstance(name, str) and len(name) <= LONGEST:
            yield from ((WHO + term, name) for term in _unspoken(name, cube))


def _unspoken(name: str, cube: MemCube) -> Iterable[str]:
    """The parts of a name that the indexed text leaves out; the others are found by words."""
    said = get_kind(cube.kind).render(cube.content, cube.data, cube.time.occurred_at)
    for word in _words(name):
        if not re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", said, re.IGNORECASE):
            yield from plain_terms(word)


def _stems(said: str) -> list[str]:
    # A stop word has no term, but may be a part of a label: "to-do". What is written without spaces
    # has many, and is one label.
    stems = ((word, plain_terms(word)) for word in _words(said))
    return [found[0] if len(found) == 1 else word for word, found in stems]


def _words(said: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", said).lower())
