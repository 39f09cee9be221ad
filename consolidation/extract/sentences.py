"""Extracts without a model: sentences that state something, retold, with their claims."""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from consolidation.extract import junk
from consolidation.extract.english.antecedents import pronouns_of
from consolidation.extract.english.facts import Fact
from consolidation.extract.english.framing import (
    listeners,
    point_start,
    without_asides,
)
from consolidation.extract.english.splitting import sentence_spans
from consolidation.extract.english.turns import Talk, Turn
from consolidation.extract.naming import name_things
from consolidation.extract.protocol import (
    Candidate,
    EntityKind,
    EvidenceSpan,
    Extraction,
    Mention,
    Utterance,
)
from llm_backend.chat import ChatModel

_SPOKEN_KINDS = frozenset({"message", "event"})
_ROLES = frozenset({"user", "assistant", "human", "ai", "bot", "system", "tool", "model"})
_ENTITY = re.compile(r"\b[A-Z][\w&-]+(?: [A-Z][\w&-]+)*")
_EMPLOYER = re.compile(
    r"\b(?:work(?:s|ed|ing)?|job|employed|interned|position) (?:at|for|"
    r"with) ([A-Z][\w&-]+(?: [A-Z][\w&-]+)*)"
)
_FEELING = re.compile(
    r"\b(?:love\w*|hate\w*|afraid|scared|terrified|proud|ashamed|thrilled|devastated|heartbroken|"
    r"excited|worried|anxious|angry|furious|sad|grief|died|death|passed away|born|birth|married|"
    r"wedding|divorce\w*|engaged|pregnant|cancer|sick|ill|hospital|surgery|accident|allerg\w+|"
    r"fired|"
    r"quit|laid off|promoted|hired|dream\w*|happy|happiest|miss|lost|won|cried|favou?rite)\b",
    re.IGNORECASE,
)
_BASE, _FEELING_BONUS, _DATE_BONUS, _ENTITY_BONUS = 0.3, 0.2, 0.2, 0.3
#: Characters of a sentence; the patterns behind this are made for sentences, not for walls of text.
_LONGEST = 1000
_TOO_LONG: str | None = "too-long"


class SentenceExtractor:
    """The zero-LLM extractor: deterministic, offline, careful rather than complete."""

    name = "sentences"
    version = "6"
    model = None
    prompt = None

    def asking(self, chat: ChatModel) -> SentenceExtractor:  # noqa: ARG002
        """Itself: it asks nobody."""
        return self

    async def extract(
        self, utterances: Sequence[Utterance], before: Sequence[Utterance] = ()
    ) -> Extraction:
        """What every sentence states that states something; in a thread, it is pure computation."""
        return await asyncio.to_thread(self._extract, utterances, before)

    def _extract(self, utterances: Sequence[Utterance], before: Sequence[Utterance]) -> Extraction:
        rejected: Counter[str] = Counter()
        names = frozenset(name for u in (*before, *utterances) if (name := _named(u.speaker)))
        readable = [_readable(u, rejected) for u in utterances]
        heard = [_readable(u, Counter()) for u in before]
        employers = frozenset(
            name for u in (*heard, *readable) for name in _EMPLOYER.findall(u.content)
        )
        talk = Talk(
            people=listeners(names), present=names, employers=employers,
            alone=_alone([*before, *utterances]),
            pronouns=dict(pronouns_of(u.content for u in (*heard, *readable))),
            echoes=junk.Echoes(), rejected=Counter(),
        )  # fmt: skip
        for earlier in heard:
            _facts(earlier, talk)
        talk.rejected.clear()
        found = [fact for u in readable for fact in _facts(u, talk)]
        facts = {(fact.evidence.episode_id, fact.text): fact for fact in reversed(found)}
        rejected.update(talk.rejected)
        rejected["repeated"] += len(found) - len(facts)
        things = name_things(
            [replace(u, content=junk.without_secrets(u.content)) for u in readable], names
        )
        counts = Counter(name for fact in facts.values() for name in _entities(fact.text))
        candidates = tuple(_candidate(f, counts, things) for f in reversed(facts.values()))
        return Extraction(candidates=candidates, rejected=+rejected, mentions=things)


def _readable(utterance: Utterance, rejected: Counter[str]) -> Utterance:
    """The utterance with what nobody states blanked out; every character keeps its place."""
    content = utterance.content.replace("’", "'")
    if utterance.kind in _SPOKEN_KINDS:
        content, counts = junk.masked(content)
        rejected.update(counts)
    return replace(utterance, content=content)


def _named(speaker: str | None) -> str | None:
    """The name of a speaker, if it is one."""
    name = " ".join((speaker or "").split())
    return name if name.lower() not in _ROLES and any(map(str.isalpha, name)) else None


def _alone(utterances: Sequence[Utterance]) -> frozenset[str | None]:
    """The sessions in which one person speaks, at most with an assistant."""
    people: defaultdict[str | None, set[str]] = defaultdict(set)
    for one in utterances:
        if not junk.is_assistant(one):
            people[one.session_id].add(_named(one.speaker) or one.role)
    return frozenset(session for session, who in people.items() if len(who) == 1)


def _facts(utterance: Utterance, talk: Talk) -> Sequence[Fact]:
    name = _named(utterance.speaker)
    if utterance.kind not in _SPOKEN_KINDS:
        talk.rejected[utterance.kind] += 1
        return ()
    if reason := junk.reason_against(utterance):
        talk.rejected[reason] += 1
        return ()
    speaks = name is not None or utterance.role.lower() in {"user", "human"}
    talk.rejected["not-a-person"] += not speaks
    turn = Turn(utterance=utterance, name=name or "The user", talk=talk)
    for span, raw, sentence in _sentences(utterance, talk, count=speaks):
        if speaks:
            turn.read(span, raw, sentence)
    turn.end()
    return turn.facts


def _sentences(
    utterance: Utterance, talk: Talk, *, count: bool
) -> Iterator[tuple[EvidenceSpan, str, str]]:
    """The sentences that are worth a look, from their point on; the others are counted."""
    content = utterance.content
    for start, end in sentence_spans(content):
        point, reason = start, _TOO_LONG
        if end - start <= _LONGEST:
            point = point_start(content, start, end, talk.people)
            reason = _reason_against(utterance, content[point:end], talk)
        if reason is None:
            span = EvidenceSpan(episode_id=utterance.episode_id, start=point, end=end)
            yield span, content[start:end], without_asides(content[point:end], talk.people)
        elif count:
            talk.rejected[reason] += 1


def _reason_against(utterance: Utterance, sentence: str, talk: Talk) -> str | None:
    if reason := junk.reason_against_sentence(sentence):
        return reason
    return "echo" if talk.echoes.is_echo(utterance, sentence) else None


def _candidate(
    fact: Fact, counts: Counter[str], things: Mapping[UUID, tuple[Mention, ...]]
) -> Candidate:
    return Candidate(
        kind=fact.kind,
        text=fact.text,
        subject=fact.subject,
        evidence=(fact.evidence,),
        valid_at=fact.interval.valid_at,
        invalid_at=fact.interval.invalid_at,
        importance=_importance(fact, counts),
        confidence=fact.confidence,
        tags=fact.tags,
        form=fact.form,
        claim=fact.claim,
        mentions=_mentions(fact, things.get(fact.evidence.episode_id, ())),
    )


def _mentions(fact: Fact, named: Sequence[Mention]) -> tuple[Mention, ...]:
    """The ends of the claim, the subject, and what of the episode's names stands in the text."""
    ends = (fact.claim.subject, fact.claim.object) if fact.claim else ()
    known = {m.name: m for m in named}
    person = fact.subject and Mention(name=fact.subject, kind=EntityKind.PERSON)
    subject = (known.get(person.name, person),) if person else ()
    inside = (m for m in named if m.name in fact.text)
    return tuple({m.name.lower(): m for m in reversed((*ends, *subject, *inside))}.values())[::-1]


def _importance(fact: Fact, mentions: Counter[str]) -> float:
    """Feelings, dates and those much talked about matter more than the rest."""
    share = max((mentions[name] for name in _entities(fact.text)), default=0)
    score = _BASE + _FEELING_BONUS * bool(_FEELING.search(fact.text))
    score += _DATE_BONUS * fact.is_dated + _ENTITY_BONUS * share / max(mentions.total(), 1)
    return round(min(score, 1.0), 3)


def _entities(text: str) -> Collection[str]:
    return [name.removesuffix("'s") for name in _ENTITY.findall(text)]
