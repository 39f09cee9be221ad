"""What an extractor is given and what it answers with, and the check that its evidence exists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from llm_backend.chat import ChatModel


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
    #: Its place in the order of things, where the writer gave one.
    sequence: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceSpan:
    """Characters of an episode's content, `start` included and `end` not."""

    episode_id: UUID
    start: int
    end: int


class Form(StrEnum):
    """Whether a statement is of something that lasts or of something that happened."""

    STATE = "state"
    EVENT = "event"


class EntityKind(StrEnum):
    """What a named thing is; `thing` where nothing tells."""

    PERSON = "person"
    PLACE = "place"
    ORGANISATION = "organisation"
    ANIMAL = "animal"
    WORK = "work"
    DATE = "date"
    THING = "thing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention:
    """A thing that a text names, as it names it."""

    name: str
    kind: EntityKind = EntityKind.THING


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A statement in the form subject, predicate, object, for patterns that are sure.

    Predicates are those of `stores.predicates`, such as `lives_in`; an extractor may bring
    others, in snake_case, which are taken for multi-valued.
    """

    subject: Mention
    predicate: str
    object: Mention
    #: "no longer works at", "does not like".
    negated: bool = False
    form: Form = Form.STATE


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A memory proposed by an extractor; there is evidence for each."""

    #: `fact`, `preference`, `profile`, `procedure`, `insight`; or `relation`, for a claim that is
    #: one of several in its sentence.
    kind: str
    #: Understood by itself: no pronouns, relative dates resolved.
    text: str
    #: Whom it is about, as named in the text; None if about nobody in particular.
    subject: str | None
    evidence: tuple[EvidenceSpan, ...]
    valid_at: datetime | None
    invalid_at: datetime | None
    importance: float
    confidence: float
    tags: tuple[str, ...]
    form: Form = Form.STATE
    claim: Claim | None = None
    #: What the text names, the subject among them.
    mentions: tuple[Mention, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Extraction:
    """What was found, and how much was passed over for which reason."""

    candidates: tuple[Candidate, ...]
    rejected: Mapping[str, int]
    #: What each episode names, also those of which nothing was extracted.
    mentions: Mapping[UUID, tuple[Mention, ...]] = field(default_factory=dict)
    #: What went wrong on the way, in words for an operator; empty if nothing did.
    notes: tuple[str, ...] = ()
    #: The method that served, where it is not the extractor's own: after an outage, say.
    method: str | None = None
    #: Whether that is because the chat model was away, so that it may find more when it is back.
    away: bool = False


class Extractor(Protocol):
    """Turns episodes into candidates."""

    name: str
    version: str

    @property
    def model(self) -> str | None:
        """The chat model, if it asks one."""

    @property
    def prompt(self) -> str | None:
        """The version of the prompt that it is asked with."""

    def asking(self, chat: ChatModel) -> Extractor:
        """The same extractor with another chat model, if it asks one."""
        ...

    async def extract(
        self, utterances: Sequence[Utterance], before: Sequence[Utterance] = ()
    ) -> Extraction:
        """Candidates in the order of their evidence.

        `before` are turns of the same sessions that came before: they tell whom a "he" means and
        what an answer answers, and nothing is extracted from them.
        """
        ...


def verified(extraction: Extraction, utterances: Sequence[Utterance]) -> Extraction:
    """The extraction without candidates whose evidence is not in the episode they name."""
    contents = {utterance.episode_id: utterance.content for utterance in utterances}
    kept = tuple(c for c in extraction.candidates if _has_evidence(c, contents))
    rejected = Counter(extraction.rejected)
    if dropped := len(extraction.candidates) - len(kept):
        rejected["no-evidence"] += dropped
    return replace(extraction, candidates=kept, rejected=rejected)


def _has_evidence(candidate: Candidate, contents: Mapping[UUID, str]) -> bool:
    return bool(candidate.evidence) and all(_exists(e, contents) for e in candidate.evidence)


def _exists(span: EvidenceSpan, contents: Mapping[UUID, str]) -> bool:
    content = contents.get(span.episode_id, "")
    return 0 <= span.start < span.end <= len(content) and bool(
        content[span.start : span.end].strip()
    )
