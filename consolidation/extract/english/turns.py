"""Reads a talk turn by turn: whom a pronoun means, what an answer answers, what is corrected."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from consolidation.extract import junk
from consolidation.extract.english.answers import (
    answered,
    confirmed,
    kin_named,
    no_longer,
    went,
)
from consolidation.extract.english.antecedents import (
    Person,
    leading_pronoun,
    people_in,
    resolved,
    with_other,
    with_owner,
)
from consolidation.extract.english.claims import announced_claims, named_relatives, read_claims
from consolidation.extract.english.corrections import (
    Correction,
    corrected,
    correction,
    retracts,
    without_denial,
)
from consolidation.extract.english.facts import Fact, Said, facts_of, relations_of, said
from consolidation.extract.english.found import Found, Reader
from consolidation.extract.english.framing import Listeners, without_asides
from consolidation.extract.english.kinds import is_how_to
from consolidation.extract.english.parts import parts
from consolidation.extract.english.statements import Statement, Subject, judge
from consolidation.extract.english.telling import has_one_value, told
from consolidation.extract.english.things import as_mine
from consolidation.extract.english.unsaid import of_another, with_subject
from consolidation.extract.protocol import EvidenceSpan, Utterance

#: Sentences behind a name in which a pronoun may still mean it.
_REACH = 1
#: Facts of a speaker that a correction may be of; characters in which the last sentence is.
_BACK, _LAST_CHARS = 12, 400
#: Words of a turn after which one may go on as if it had not been.
_SHORT = 10
_WORD_OR_TWO = 2
_LAST = re.compile(r"[^.!?\n]*[.!?]*\s*$")
_ME = re.compile(r"(?:I|[Ww]e|[Mm]y|[Oo]ur)\b")
_OTHERS = re.compile(r"(?:The|An?|Our|My|[A-Z]\w+s) \w+")
_YOU = re.compile(r"\byou\b", re.IGNORECASE)
_ASKED = re.compile(r"[^.!?\n]+\?")
_OF_THEM = re.compile(r"\b(?:he|she|him|her|his|hers)\b", re.IGNORECASE)
_I_AM = re.compile(r"(?:I am|I'm)(?: called)? (?P<name>[A-Z]\w+)[.!]?")
#: What states nothing may still name a sister, "Did my sister Anna call?".
_NAMING = frozenset({"hypothetical", "question", "second-person", "no-statement", "filler",
                     "no-content", "reported", "pronoun", "unspecific"})  # fmt: skip
#: They may still announce something: "Call me Nora", "New job: nurse", "We got a dog".
_ANNOUNCING = frozenset({"filler", "imperative", "second-person", "no-statement", "no-content",
                         "unspecific", "pronoun", "too-short", "not-prose",
                         "question"})  # fmt: skip


#: "Sold it", "no more football": what is missing may be the "I" alone.
_SUBJECTLESS = frozenset({"no-statement", "too-short", "unspecific"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Talk:
    """What is read together: who takes part, who works where, what was said, what was left out."""

    people: Listeners
    present: Collection[str]
    employers: Collection[str]
    #: Sessions in which one person alone speaks, maybe with an assistant.
    alone: Collection[str | None]
    #: Of each name its pronoun, as far as it was said, or learned on the way.
    pronouns: dict[str, str]
    echoes: junk.Echoes
    rejected: Counter[str]
    #: Of each session, whom its last sentence named, and what was asked last, or said, by whom.
    named: dict[str | None, tuple[Person, ...]] = field(default_factory=dict)
    last: dict[str | None, tuple[str, str]] = field(default_factory=dict)
    #: Of each session, whom its speakers were speaking of, until others say more than a word.
    kept: dict[str | None, dict[str, tuple[Person, ...]]] = field(default_factory=dict)
    #: Of each speaker, the latest facts, to be corrected.
    facts: dict[str, deque[Fact]] = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class Turn:
    """An utterance while it is read sentence by sentence."""

    utterance: Utterance
    name: str
    talk: Talk
    facts: list[Fact] = field(default_factory=list)
    #: How many of them were there before the last sentence.
    _before: int = 0
    _read: int = 0
    #: The number of the sentence that named somebody last.
    _named: int = 0
    #: How many sentences came behind it.
    _passed: int = 0
    #: Whether the speaker spoke of themselves, and the part before.
    _of_me: bool = False
    _said: str = ""
    #: Whether what has no subject is of the speaker.
    _mine: bool = True

    def read(self, span: EvidenceSpan, raw: str, sentence: str) -> None:
        """Take in what a sentence states, or takes back."""
        if retracts(raw):
            self._take_back()
        self._before = len(self.facts)
        if found := correction(raw):
            self._correct(span, found)
            return
        self._read += 1
        if self._read == 1 and self._replied(span) and went(sentence):
            return
        if reply := self._answered(sentence):
            statement, end = reply
            self._state(span, self._resolved(statement))
            self._tell(span, sentence[end:])
            return
        statement = without_denial(sentence)
        content = self.utterance.content
        self._tell(span, content[span.start : span.end] if statement == sentence else statement)

    def _tell(self, span: EvidenceSpan, exact: str) -> None:
        """State each part of a sentence that stands by itself."""
        written = self.utterance.content[span.start : span.end]
        for part in parts(exact) if exact else ():
            text = without_asides(exact[part.start : part.end], self.talk.people)
            text = f"{part.subject} {text}" if part.subject else text
            where = span
            if exact == written and part.end > part.start:
                where = replace(span, start=span.start + part.start, end=span.start + part.end)
            text = with_other(self._resolved(text), self._people())
            alone = self.utterance.session_id in self.talk.alone
            self._state(where, self._completed(as_mine(text, alone=alone)))

    def _completed(self, text: str) -> str:
        """The part with its subject, where that is somebody else and left unsaid."""
        people = self._people()
        # Behind what was said of her, "Got the job" may be of either.
        other = any(self._said.lower().startswith(p.name.lower()) for p in people)
        who = people[0].name if len(people) == 1 else None
        told = of_another(text, who) if who else None
        if told is None and self._asked_of and not self._of_me:
            told = with_subject(text, self._asked_of)
        text = f"{told[:1].upper()}{told[1:]}" if told else text
        self._of_me = self._of_me or _ME.match(text) is not None
        self._mine, self._said = told is not None or not other, text
        return text

    def _resolved(self, text: str) -> str:
        """The part with the names of those it is about; what it calls them is remembered."""
        people = self._people()
        told, pronoun = resolved(text, people), leading_pronoun(text)
        if told == text and (people := self._kept()):
            told = resolved(text, people)
        if pronoun and told != text:
            name = next((p.name for p in people if told.startswith(p.name)), None)
            if name and name[:1].isupper():
                self.talk.pronouns.setdefault(name, pronoun)
        return with_owner(told, self.talk.pronouns, self.talk.present)

    def _replied(self, span: EvidenceSpan) -> bool:
        """State what is so, or is over, of which just that was asked; whether it is over."""
        question, content = self._question(), self.utterance.content
        over = no_longer(question, content)
        if reply := over or confirmed(question, content) or kin_named(question, content):
            self._state(span, self._resolved(reply))
        return over is not None

    @property
    def _asked_of(self) -> str | None:
        """Whom alone the last question is about, if not whom it was put to."""
        question = self._question()
        if not question.rstrip().endswith("?") or _YOU.search(question):
            return None
        named = self._named_in(question)
        return named[0].name if len(named) == 1 else None

    def _question(self) -> str:
        """What somebody else said last, which this turn may answer."""
        who, sentence = self.talk.last.get(self.utterance.session_id, (self._who(), ""))
        return sentence if who != self._who() else ""

    def _take_back(self) -> None:
        taken = self.facts[self._before :]
        del self.facts[self._before :]
        kept = [fact for fact in self.talk.facts.get(self.name, ()) if fact not in taken]
        self.talk.facts[self.name] = deque(kept, maxlen=_BACK)

    def end(self) -> None:
        """Leave to the next speaker what was said last."""
        session, content = self.utterance.session_id, self.utterance.content
        last = _LAST.search(content[-_LAST_CHARS:])
        sentence = last[0] if last else ""
        asked = _ASKED.findall(content[-_LAST_CHARS:])
        question = asked[-1] if asked else sentence
        kept = self.talk.kept.setdefault(session, {})
        if len(content.split()) > _SHORT and not _OF_THEM.search(question):
            kept.clear()
        kept[self._who()] = self._people()
        self.talk.named[session] = self._named_in(sentence) or (
            self._named_in(content[-_LAST_CHARS:]) if _OF_THEM.search(sentence) else ()
        )
        self.talk.last[session] = (self._who(), question)

    def _named_in(self, text: str) -> tuple[Person, ...]:
        """Whom the next speaker may mean, of those named to them."""
        named = people_in(text, self.talk.pronouns, self.talk.present, addressed=True)
        asked = text.rstrip().endswith("?")
        return tuple(p for p in named if asked or p.pronoun)

    def _people(self) -> tuple[Person, ...]:
        return self.talk.named.get(self.utterance.session_id, ()) or self._kept()

    def _kept(self) -> tuple[Person, ...]:
        """Whom the speaker spoke of in their last turn, as long as this one names nobody."""
        begins = self._read <= _REACH and not self._named
        kept = self.talk.kept.get(self.utterance.session_id, {})
        return kept.get(self._who(), ()) if begins else ()

    def _answered(self, sentence: str) -> tuple[str, int] | None:
        return answered(self._question(), sentence) if self._read == 1 else None

    def _who(self) -> str:
        return self.utterance.speaker or self.utterance.role

    def _state(self, where: EvidenceSpan, sentence: str) -> None:
        # "Every day.": nobody is forgotten for a word.
        self._passed += len(sentence.split()) > _WORD_OR_TWO
        named = people_in(sentence, self.talk.pronouns, self.talk.present, addressed=False)
        if named:
            self.talk.named[self.utterance.session_id], self._named = named, self._read
            self._passed = 0
        elif self._passed > _REACH:
            self.talk.named[self.utterance.session_id] = ()
        elif _OTHERS.match(sentence):
            # Who may be either "he" or "she" is not sure to be meant behind another.
            people = self.talk.named.get(self.utterance.session_id, ())
            self.talk.named[self.utterance.session_id] = tuple(p for p in people if p.pronoun)
        about = said(sentence, self.name, _in_utc(self.utterance.occurred_at), where)
        for fact in _stated(about, self.utterance, self.talk, mine=self._mine):
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
    if claim is None or old not in claim.object.name or has_one_value(claim.predicate):
        return
    denied = replace(claim, negated=not claim.negated)
    yield replace(earlier, claim=denied, text=told(denied), evidence=span)


def _stated(about: Said, utterance: Utterance, talk: Talk, *, mine: bool) -> Iterator[Fact]:
    sentence, assistant = about.sentence, junk.is_assistant(utterance)
    reader = Reader(speaker=about.name, employers=talk.employers)
    verdict = judge(sentence)
    if isinstance(verdict, str) and is_how_to(sentence):
        verdict = Statement(subject=Subject.THING)
    if _is_introduction(sentence, about.name):
        verdict = "no-content"
    unsaid = mine and not assistant and verdict in _SUBJECTLESS
    whole = with_subject(sentence) if unsaid else None
    if whole and isinstance(judged := judge(whole), Statement):
        about, verdict = said(whole, about.name, about.said_at, about.evidence), judged
        sentence = whole
    if isinstance(verdict, str):
        claims: Sequence[Found] = (
            () if assistant else _claimed(verdict, sentence, reader, mine=mine)
        )
        talk.rejected[verdict] += not claims
        yield from relations_of(about, claims)
        return
    yield from facts_of(about, verdict, () if assistant else read_claims(sentence, reader))


def _claimed(verdict: str, sentence: str, reader: Reader, *, mine: bool) -> Sequence[Found]:
    """What is claimed by a sentence that is no statement."""
    if verdict in _ANNOUNCING:
        plain = verdict in {"no-content", "no-statement", "filler", "pronoun"}
        if claims := announced_claims(sentence, reader, clauses_too=plain):
            return claims
        whole = with_subject(sentence) if mine else None
        if whole and (claims := announced_claims(whole, reader, clauses_too=True)):
            return claims
    return tuple(named_relatives(sentence, reader.speaker)) if verdict in _NAMING else ()


def _is_introduction(sentence: str, name: str) -> bool:
    """ "I'm Anna", said by Anna."""
    match = _I_AM.fullmatch(sentence.strip())
    return match is not None and match["name"] in name.split()


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
