"""What an extractor is given and what it answers with, and the check that its evidence exists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Utterance:
    """An episode as an extractor sees it."""

    episode_id: UUID
    content: str
    speaker: str | None
    role: str
    kind: str
    occurred_at: datetime
    session_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceSpan:
    """Characters of an episode's content, `start` included and `end` not."""

    episode_id: UUID
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A memory proposed by an extractor; there is evidence for each."""

    kind: str
    text: str
    subject: str | None
    evidence: tuple[EvidenceSpan, ...]
    valid_at: datetime | None
    invalid_at: datetime | None
    importance: float
    confidence: float
    tags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Extraction:
    """What was found, and how much was passed over for which reason."""

    candidates: tuple[Candidate, ...]
    rejected: Mapping[str, int]


class Extractor(Protocol):
    """Turns episodes into candidates."""

    name: str
    version: str

    async def extract(self, utterances: Sequence[Utterance]) -> Extraction:
        """Candidates in the order of their evidence."""
        ...


def verified(extraction: Extraction, utterances: Sequence[Utterance]) -> Extraction:
    """The extraction without candidates whose evidence is not in the episode they name."""
    contents = {utterance.episode_id: utterance.content for utterance in utterances}
    kept = tuple(c for c in extraction.candidates if _has_evidence(c, contents))
    rejected = Counter(extraction.rejected)
    if dropped := len(extraction.candidates) - len(kept):
        rejected["no-evidence"] += dropped
    return Extraction(candidates=kept, rejected=rejected)


def _has_evidence(candidate: Candidate, contents: Mapping[UUID, str]) -> bool:
    return bool(candidate.evidence) and all(_exists(e, contents) for e in candidate.evidence)


def _exists(span: EvidenceSpan, contents: Mapping[UUID, str]) -> bool:
    content = contents.get(span.episode_id, "")
    return 0 <= span.start < span.end <= len(content) and bool(
        content[span.start : span.end].strip()
    )
