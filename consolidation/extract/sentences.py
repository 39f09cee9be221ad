"""Extracts facts without a model: sentences that state something, told in the third person."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from consolidation.extract.english.framing import (
    Listeners,
    listeners,
    point_start,
    without_asides,
)
from consolidation.extract.english.splitting import sentence_spans
from consolidation.extract.english.statements import Statement, Subject, judge
from consolidation.extract.english.voice import retold
from consolidation.extract.protocol import Candidate, EvidenceSpan, Extraction, Utterance
from retrieval.understanding.dates import TimeExpression, find_expressions
from retrieval.understanding.tense import is_plan, is_tentative

_SPOKEN_KINDS = frozenset({"message", "event"})
_ROLES = frozenset({"user", "assistant", "human", "ai", "bot", "system", "tool", "model"})
# Their end is what the date tells, not the beginning of what is stated.
_ENDING_AT = re.compile(r"(?:until|till|by|before|to)\b", re.IGNORECASE)
_TAIL = re.compile(r"[^\w)\]\"'%°€$£+]+$")
_ENTITY = re.compile(r"\b[A-Z][\w&-]+(?: [A-Z][\w&-]+)*")
_FEELING = re.compile(
    r"\b(?:love\w*|hate\w*|afraid|scared|terrified|proud|ashamed|thrilled|devastated|heartbroken|"
    r"excited|worried|anxious|angry|furious|sad|grief|died|death|passed away|born|birth|married|"
    r"wedding|divorce\w*|engaged|pregnant|cancer|sick|ill|hospital|surgery|accident|allerg\w+|fired|"
    r"quit|laid off|promoted|hired|dream\w*|happy|happiest|miss|lost|won|cried|favou?rite)\b",
    re.IGNORECASE,
)
_BASE, _FEELING_BONUS, _DATE_BONUS, _ENTITY_BONUS = 0.3, 0.2, 0.2, 0.3
_SURE, _UNSURE = 0.7, 0.6


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fact:
    """A statement as its speaker made it, on the way to a candidate."""

    evidence: EvidenceSpan
    text: str
    subject: str | None
    valid_at: datetime
    is_dated: bool
    confidence: float
    tags: tuple[str, ...]


#: Characters of a sentence; the patterns behind this are made for sentences, not for walls of text.
_LONGEST = 1000


class SentenceExtractor:
    """The zero-LLM extractor: deterministic, offline, careful rather than complete."""

    name = "sentences"
    version = "1"

    async def extract(self, utterances: Sequence[Utterance]) -> Extraction:
        """A fact for every sentence that states something; in a thread, it is pure computation."""
        return await asyncio.to_thread(self._extract, utterances)

    def _extract(self, utterances: Sequence[Utterance]) -> Extraction:
        rejected: Counter[str] = Counter()
        people = listeners(name for u in utterances if (name := _named(u.speaker)))
        found = [fact for u in utterances for fact in _facts(u, people, rejected)]
        facts = {(fact.evidence.episode_id, fact.text): fact for fact in reversed(found)}
        rejected["repeated"] += len(found) - len(facts)
        mentions = Counter(name for fact in facts.values() for name in _entities(fact.text))
        candidates = tuple(_candidate(fact, mentions) for fact in reversed(facts.values()))
        return Extraction(candidates=candidates, rejected=+rejected)


def _named(speaker: str | None) -> str | None:
    """The name of a speaker, if it is one."""
    name = " ".join((speaker or "").split())
    return name if name.lower() not in _ROLES and any(map(str.isalpha, name)) else None


def _facts(utterance: Utterance, people: Listeners, rejected: Counter[str]) -> Iterator[_Fact]:
    name = _named(utterance.speaker)
    if utterance.kind not in _SPOKEN_KINDS:
        rejected[utterance.kind] += 1
    elif name is None and utterance.role.lower() not in {"user", "human"}:
        rejected["not-a-person"] += 1
    else:
        yield from _spoken_facts(utterance, name or "The user", people, rejected)


def _spoken_facts(
    utterance: Utterance, name: str, people: Listeners, rejected: Counter[str]
) -> Iterator[_Fact]:
    content = utterance.content.replace("’", "'")  # one character for one: the spans stay true
    for start, end in sentence_spans(content):
        if end - start > _LONGEST:
            rejected["too-long"] += 1
            continue
        point = point_start(content, start, end, people)
        sentence = without_asides(content[point:end], people)
        verdict = judge(sentence)
        if isinstance(verdict, str):
            rejected[verdict] += 1
            continue
        span = EvidenceSpan(episode_id=utterance.episode_id, start=point, end=end)
        yield _fact(sentence, verdict, name, _in_utc(utterance.occurred_at), span)


def _fact(
    sentence: str, statement: Statement, name: str, said_at: datetime, evidence: EvidenceSpan
) -> _Fact:
    expressions = find_expressions(sentence, said_at.date())
    plan = is_plan(sentence)
    unsure = plan or statement.opinion or is_tentative(sentence)
    tags = (("plan",) if plan else ()) + (("opinion",) if statement.opinion else ())
    return _Fact(
        evidence=evidence,
        text=_told(sentence, expressions, name),
        subject=name if statement.subject is Subject.SPEAKER else statement.name,
        # A plan holds since it was told, or made ("yesterday I signed up"), not on its day.
        valid_at=_begun(sentence, [e for e in expressions if e.looks_back or not plan], said_at),
        is_dated=bool(expressions),
        confidence=_UNSURE if unsure else _SURE,
        tags=tags,
    )


def _told(sentence: str, expressions: tuple[TimeExpression, ...], name: str) -> str:
    text = _TAIL.sub("", retold(_with_dates(sentence, expressions), name))
    return f"{text[:1].upper()}{text[1:]}."


def _with_dates(sentence: str, expressions: tuple[TimeExpression, ...]) -> str:
    for expression in reversed(expressions):
        if expression.period.label is not None:
            date = f" ({expression.period.label})"
            sentence = sentence[: expression.end] + date + sentence[expression.end :]
    return sentence


def _begun(sentence: str, expressions: Sequence[TimeExpression], said_at: datetime) -> datetime:
    """Since when the fact holds: the first time it names, unless that is an end or lies ahead."""
    for expression in expressions:
        began = datetime.combine(expression.period.start, time(), UTC)
        if began <= said_at and not _ENDING_AT.match(sentence, expression.start):
            return began
    return said_at


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _candidate(fact: _Fact, mentions: Counter[str]) -> Candidate:
    return Candidate(
        kind="fact",
        text=fact.text,
        subject=fact.subject,
        evidence=(fact.evidence,),
        valid_at=fact.valid_at,
        invalid_at=None,
        importance=_importance(fact, mentions),
        confidence=fact.confidence,
        tags=fact.tags,
    )


def _importance(fact: _Fact, mentions: Counter[str]) -> float:
    """Feelings, dates and those much talked about matter more than the rest."""
    share = max((mentions[name] for name in _entities(fact.text)), default=0)
    score = _BASE + _FEELING_BONUS * bool(_FEELING.search(fact.text))
    score += _DATE_BONUS * fact.is_dated + _ENTITY_BONUS * share / max(mentions.total(), 1)
    return round(min(score, 1.0), 3)


def _entities(text: str) -> Collection[str]:
    return [name.removesuffix("'s") for name in _ENTITY.findall(text)]
