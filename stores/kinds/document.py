"""A longer text, indexed passage by passage; every passage maps back to its characters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from stores.kinds.base import EpisodePayload, Kind
from stores.records import MemoryType, Payload, Span

#: Characters a passage aims at: about 150 words, which the embedding model reads whole.
TARGET = 900
#: Where a text may be cut, best place first: paragraphs, lines, sentences, words.
_BREAKS = tuple(re.compile(p) for p in (r"\n\s*\n", r"\n", r"(?<=[.!?])\s+", r"\s+"))


class DocumentPayload(EpisodePayload):
    """A document may have a title, which is indexed with every passage."""

    title: str | None = None


def passages(content: str) -> tuple[Span, ...]:
    """Spans of at most TARGET characters that tile the text, cut at the best break near the end."""
    return tuple(_passages(content)) or (Span(start=0, end=len(content)),)


def _passages(content: str) -> Iterator[Span]:
    start = 0
    while start < len(content):
        end = _cut(content, start)
        yield Span(start=start, end=end)
        start = end


def _cut(content: str, start: int) -> int:
    """The end of the passage that begins at `start`: past the last good break within reach."""
    limit = start + TARGET
    if limit >= len(content):
        return len(content)
    for pattern in _BREAKS:
        ends = [m.end() for m in pattern.finditer(content, start + TARGET // 3, limit)]
        if ends:
            return ends[-1]
    return limit


def titled(text: str, data: Payload, occurred_at: datetime | None) -> str:  # noqa: ARG001
    """The passage under the document's title."""
    title = data.get("title")
    return f"{title}\n{text}" if title else text


KIND = Kind(
    name="document",
    type=MemoryType.EPISODIC,
    payload=DocumentPayload,
    half_life_days=90,
    render=titled,
    split=passages,
)
