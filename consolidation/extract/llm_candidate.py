"""Turns what a model answered into candidates, and turns away what the event does not bear out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cached_property

from consolidation.extract.llm_event import Event, is_person, name_of
from consolidation.extract.llm_item import Heading, Item, Quote, Triple, period_of
from consolidation.extract.llm_quote import find_quote
from consolidation.extract.llm_support import (
    Said,
    is_dated,
    is_supported,
    said_in,
    stems_of,
    together,
)
from consolidation.extract.llm_voice import is_anothers
from consolidation.extract.protocol import (
    Candidate,
    Claim,
    EntityKind,
    EvidenceSpan,
    Form,
    Mention,
    Utterance,
)

#: An object of more words is a clause, which names nothing.
_LONGEST_NAME = 6


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Judges the items of one event."""

    event: Event
    #: What is known of names, by their small letters.
    kinds: Mapping[str, EntityKind]

    def candidates(self, items: Sequence[Item], rejected: Counter[str]) -> tuple[Candidate, ...]:
        """Those that hold, each once; the others are counted by reason."""
        found: dict[tuple[str, EvidenceSpan], Candidate] = {}
        for item in items:
            judged = self._judged(item, rejected)
            if isinstance(judged, str):
                rejected[judged] += 1
            elif (key := (judged.text, judged.evidence[0])) in found:
                rejected["repeated"] += 1
            else:
                found[key] = judged
        return tuple(found.values())

    def heading(self, heading: Heading | None, rejected: Counter[str]) -> Heading | None:
        """It, unless it tells of something that was not said."""
        if heading is None:
            return None
        if is_supported(f"{heading.title}. {heading.gist}", self._said(len(self.event.turns))):
            return heading
        rejected["unsupported-gist"] += 1
        return None

    def _judged(self, item: Item, rejected: Counter[str]) -> Candidate | str:
        if any(not 1 <= quote.turn <= len(self.event.turns) for quote in item.evidence):
            return "unknown-alias"
        quotes = sorted(item.evidence, key=lambda quote: quote.turn)
        evidence = self._evidence(quotes)
        if evidence is None:
            return "no-evidence"
        turns = [self.event.turns[quote.turn - 1] for quote in quotes]
        # An assistant's words count only where a person took them up afterwards.
        if not is_person(turns[-1]):
            return "not-a-person"
        if is_anothers(item.text, item.subject, zip(turns, evidence, strict=True), self._people):
            return "misattributed"
        said = self._said(quotes[-1].turn)
        if not _bears_out(said, item):
            return "unsupported"
        valid_at = _began(item, turns[0], said, rejected)
        invalid_at = _ended(item, valid_at)
        if invalid_at and valid_at and invalid_at <= valid_at:
            return "malformed"
        return self._candidate(item, evidence, valid_at, invalid_at)

    def _candidate(
        self,
        item: Item,
        evidence: tuple[EvidenceSpan, ...],
        valid_at: datetime | None,
        invalid_at: datetime | None,
    ) -> Candidate:
        claim = self._claim(item.triple, Form(item.form)) if item.triple else None
        return Candidate(
            kind=item.kind,
            text=item.text,
            subject=item.subject,
            evidence=tuple(dict.fromkeys(evidence)),
            valid_at=valid_at,
            invalid_at=invalid_at,
            importance=round(item.importance / 10, 3),
            confidence=round(item.confidence, 3),
            tags=tuple(dict.fromkeys(tag.lower() for tag in item.tags)),
            form=Form(item.form),
            claim=claim,
            mentions=self._mentions(item.subject, claim),
        )

    def _evidence(self, quotes: Sequence[Quote]) -> tuple[EvidenceSpan, ...] | None:
        spans = []
        for quote in quotes:
            turn = self.event.turns[quote.turn - 1]
            place = find_quote(turn.content, quote.quote)
            if place is None:
                return None
            spans.append(EvidenceSpan(episode_id=turn.episode_id, start=place[0], end=place[1]))
        return tuple(spans)

    def _said(self, last: int) -> Said:
        """All up to a turn, and who speaks: what else comes after cannot have been meant."""
        said = together([*self._said_before, *self._said_in_turns[:last]])
        return replace(said, stems=said.stems | stems_of(self._people))

    @cached_property
    def _said_before(self) -> tuple[Said, ...]:
        return tuple(map(said_in, self.event.before))

    @cached_property
    def _said_in_turns(self) -> tuple[Said, ...]:
        return tuple(map(said_in, self.event.turns))

    def _claim(self, triple: Triple, form: Form) -> Claim:
        return Claim(
            subject=self._mention(triple.subject),
            predicate=_snake(triple.predicate),
            object=self._mention(triple.object),
            negated=triple.negated,
            form=form,
        )

    def _mentions(self, subject: str | None, claim: Claim | None) -> tuple[Mention, ...]:
        named = [self._mention(subject)] if subject else []
        if claim is not None:
            named.append(claim.subject)
            if len(claim.object.name.split()) <= _LONGEST_NAME:
                named.append(claim.object)
        return tuple(dict.fromkeys(named))

    def _mention(self, name: str) -> Mention:
        kind = self.kinds.get(name.lower())
        if kind is None:
            is_speaker = name in self._people
            kind = EntityKind.PERSON if is_speaker else EntityKind.THING
        return Mention(name=name, kind=kind)

    @cached_property
    def _people(self) -> set[str]:
        shown: tuple[Utterance, ...] = (*self.event.before, *self.event.turns)
        return {name_of(turn) for turn in shown if is_person(turn)}


def _bears_out(said: Said, item: Item) -> bool:
    if item.valid_to is not None and not is_dated(period_of(item.valid_to), said):
        return False
    texts = [item.text, item.subject or ""]
    if item.triple is not None:
        texts += [item.triple.subject, item.triple.object]
    return all(is_supported(text, said) for text in texts)


def _began(item: Item, first: Utterance, said: Said, rejected: Counter[str]) -> datetime | None:
    """Since when it holds: a time that was named, else since it was told; None if over by then."""
    told = _in_utc(first.occurred_at)
    if item.valid_from is not None:
        if is_dated(period_of(item.valid_from), said):
            return min(_midnight(period_of(item.valid_from).start), told)
        rejected["unsupported-date"] += 1
    is_over = item.valid_to is not None and _midnight(period_of(item.valid_to).start) <= told
    return None if is_over else told


def _ended(item: Item, valid_at: datetime | None) -> datetime | None:
    """Until 2020 is until it begins, but in 2020 is until it ends."""
    if item.valid_to is None:
        return None
    period = period_of(item.valid_to)
    begins = _midnight(period.start)
    return begins if valid_at is None or begins > valid_at else _midnight(period.end)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _snake(predicate: str) -> str:
    return re.sub(r"\W+", "_", predicate.lower()).strip("_")
