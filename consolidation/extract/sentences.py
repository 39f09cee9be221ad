"""Extracts without a model: sentences that state something, retold, with their claims."""

from __future__ import annotations

import asyncio
import re
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from consolidation.extract import junk
from consolidation.extract.english.answers import answered
from consolidation.extract.english.antecedents import Person, people_in, pronouns_of, resolved
from consolidation.extract.english.claims import Found, Reader, named_relatives, read_claims
from consolidation.extract.english.corrections import (
    Correction,
    corrected,
    correction,
    retracts,
    without_denial,
)
from consolidation.extract.english.facts import Fact, Said, facts_of, relations_of, said
from consolidation.extract.english.framing import (
    Listeners,
    listeners,
    point_start,
    without_asides,
)
from consolidation.extract.english.kinds import is_how_to
from consolidation.extract.english.parts import parts
from consolidation.extract.english.splitting import sentence_spans
from consolidation.extract.english.statements import Statement, Subject, judge
from consolidation.extract.english.telling import ONE_VALUE, told
from consolidation.extract.naming import name_things
from consolidation.extract.protocol import (
    Candidate,
    EntityKind,
    EvidenceSpan,
    Extraction,
    Mention,
    Utterance,
)

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
#: Facts of a speaker that a correction may be of; characters in which a last sentence is looked for.
_BACK, _LAST_CHARS = 12, 400
_LAST = re.compile(r"[^.!?\n]*[.!?]*\s*$")
_I_AM = re.compile(r"(?:I am|I'm)(?: called)? (?P<name>[A-Z]\w+)[.!]?")
#: What states nothing may still name a sister, "Did my sister Anna call?".
_NAMING = frozenset({"hypothetical", "question", "second-person", "no-statement", "filler", "no-content", "reported",
                     "pronoun", "unspecific"})  # fmt: skip
_TOO_LONG: str | None = "too-long"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Talk:
    """What is read together: who takes part, who works where, what was said, what was left out."""

    people: Listeners
    present: Collection[str]
    employers: Collection[str]
    pronouns: Mapping[str, str]
    echoes: junk.Echoes
    rejected: Counter[str]
    #: Of each session, whom its last sentence named, and that sentence with who said it.
    named: dict[str | None, tuple[Person, ...]] = field(default_factory=dict)
    last: dict[str | None, tuple[str, str]] = field(default_factory=dict)
    #: Of each speaker, the latest facts, to be corrected.
    facts: dict[str, deque[Fact]] = field(default_factory=dict)


class SentenceExtractor:
    """The zero-LLM extractor: deterministic, offline, careful rather than complete."""

    name = "sentences"
    version = "3"
    model = None
    prompt = None

    async def extract(self, utterances: Sequence[Utterance]) -> Extraction:
        """What every sentence states that states something; in a thread, it is pure computation."""
        return await asyncio.to_thread(self._extract, utterances)

    def _extract(self, utterances: Sequence[Utterance]) -> Extraction:
        rejected: Counter[str] = Counter()
        names = frozenset(name for u in utterances if (name := _named(u.speaker)))
        readable = [_readable(u, rejected) for u in utterances]
        employers = frozenset(name for u in readable for name in _EMPLOYER.findall(u.content))
        talk = _Talk(
            people=listeners(names), present=names, employers=employers,
            pronouns=pronouns_of(u.content for u in readable), echoes=junk.Echoes(),
            rejected=rejected,
        )  # fmt: skip
        found = [fact for u in readable for fact in _facts(u, talk)]
        facts = {(fact.evidence.episode_id, fact.text): fact for fact in reversed(found)}
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


def _facts(utterance: Utterance, talk: _Talk) -> Sequence[Fact]:
    name = _named(utterance.speaker)
    if utterance.kind not in _SPOKEN_KINDS:
        talk.rejected[utterance.kind] += 1
        return ()
    if reason := junk.reason_against(utterance):
        talk.rejected[reason] += 1
        return ()
    speaks = name is not None or utterance.role.lower() in {"user", "human"}
    talk.rejected["not-a-person"] += not speaks
    turn = _Turn(utterance=utterance, name=name or "The user", talk=talk)
    for span, raw, sentence in _sentences(utterance, talk, count=speaks):
        if speaks:
            turn.read(span, raw, sentence)
    turn.end()
    return turn.facts


@dataclass(kw_only=True, slots=True)
class _Turn:
    """An utterance while it is read sentence by sentence."""

    utterance: Utterance
    name: str
    talk: _Talk
    facts: list[Fact] = field(default_factory=list)
    #: How many of them were there before the last sentence.
    _before: int = 0
    _read: int = 0

    def read(self, span: EvidenceSpan, raw: str, sentence: str) -> None:
        """Take in what a sentence states, or takes back."""
        if retracts(raw):
            del self.facts[self._before :]
        self._before = len(self.facts)
        if found := correction(raw):
            self._correct(span, found)
            return
        self._read += 1
        statement = self._answered(sentence) or without_denial(sentence)
        content = self.utterance.content
        exact = content[span.start : span.end] if statement == sentence else statement
        for part in parts(exact):
            text = without_asides(exact[part.start : part.end], self.talk.people)
            text = f"{part.subject} {text}" if part.subject else text
            where = span
            if exact is not statement and part.end > part.start:
                where = replace(span, start=span.start + part.start, end=span.start + part.end)
            self._state(where, resolved(text, self._people()))

    def end(self) -> None:
        """Leave to the next speaker what was said last."""
        session, content = self.utterance.session_id, self.utterance.content
        last = _LAST.search(content[-_LAST_CHARS:])
        sentence = last[0] if last else ""
        known = people_in(sentence, self.talk.pronouns, self.talk.present, addressed=True)
        self.talk.named[session] = known
        self.talk.last[session] = (self._who(), sentence)

    def _people(self) -> tuple[Person, ...]:
        return self.talk.named.get(self.utterance.session_id, ())

    def _answered(self, sentence: str) -> str | None:
        who, question = self.talk.last.get(self.utterance.session_id, (self._who(), ""))
        return answered(question, sentence) if self._read == 1 and who != self._who() else None

    def _who(self) -> str:
        return self.utterance.speaker or self.utterance.role

    def _state(self, where: EvidenceSpan, sentence: str) -> None:
        named = people_in(sentence, self.talk.pronouns, self.talk.present, addressed=False)
        if named:
            self.talk.named[self.utterance.session_id] = named
        about = said(sentence, self.name, _in_utc(self.utterance.occurred_at), where)
        for fact in _stated(about, self.utterance, self.talk):
            self.facts.append(fact)
            self.talk.facts.setdefault(self.name, deque(maxlen=_BACK)).append(fact)

    def _correct(self, span: EvidenceSpan, found: Correction) -> None:
        """Say the latest sentence that had the wrong value again with the right one."""
        for earlier in reversed(self.talk.facts.get(self.name, ())):
            again = corrected(earlier.said, found)
            if again is not None:
                self._state(span, again[0])
                self.facts += _denied(earlier, again[1], span)
                return
        self.talk.rejected["pronoun"] += 1


def _denied(earlier: Fact, old: str, span: EvidenceSpan) -> Iterator[Fact]:
    """That the wrong value is not so, where the right one does not take its place."""
    claim = earlier.claim
    if claim is None or old not in claim.object.name or claim.predicate in ONE_VALUE:
        return
    denied = replace(claim, negated=not claim.negated)
    yield replace(earlier, claim=denied, text=told(denied), evidence=span)


def _sentences(
    utterance: Utterance, talk: _Talk, *, count: bool
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


def _reason_against(utterance: Utterance, sentence: str, talk: _Talk) -> str | None:
    if reason := junk.reason_against_sentence(sentence):
        return reason
    return "echo" if talk.echoes.is_echo(utterance, sentence) else None


def _stated(about: Said, utterance: Utterance, talk: _Talk) -> Iterator[Fact]:
    sentence, assistant = about.sentence, junk.is_assistant(utterance)
    verdict = judge(sentence)
    if isinstance(verdict, str) and is_how_to(sentence):
        verdict = Statement(subject=Subject.THING)
    if _is_introduction(sentence, about.name):
        verdict = "no-content"
    if isinstance(verdict, str):
        claims: Sequence[Found] = ()
        if verdict in _NAMING and not assistant:
            claims = tuple(named_relatives(sentence, about.name))
        talk.rejected[verdict] += not claims
        yield from relations_of(about, claims)
        return
    reader = Reader(speaker=about.name, employers=talk.employers)
    yield from facts_of(about, verdict, () if assistant else read_claims(sentence, reader))


def _is_introduction(sentence: str, name: str) -> bool:
    """ "I'm Anna", said by Anna."""
    match = _I_AM.fullmatch(sentence.strip())
    return match is not None and match["name"] in name.split()


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


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
