"""Makes facts of a statement: one for each of its claims, or one that tells it as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from consolidation.extract.english.found import Found
from consolidation.extract.english.kinds import form_of, kind_of
from consolidation.extract.english.statements import Statement, Subject, content_words
from consolidation.extract.english.telling import told
from consolidation.extract.english.validity import Interval, begun, ending, then
from consolidation.extract.english.voice import retold
from consolidation.extract.protocol import Claim, EntityKind, EvidenceSpan, Form
from retrieval.understanding.dates import TimeExpression, find_expressions
from retrieval.understanding.tense import is_plan, is_tentative

_TAIL = re.compile(r"[^\w)\]\"'%°€$£+]+$")
_SINCE = re.compile(r"\bsince (?:the )?$", re.IGNORECASE)
_SURE, _UNSURE = 0.7, 0.6
#: Words beyond those of several claims that are worth a fact of their own.
_MORE = 4
#: Where one lives and works is often told on: "in Porto, in a flat with no lift".
_PLACED = frozenset({"lives_in", "works_at"})
_FURTHER = re.compile(r",\s+(?P<more>(?:in|at|on) .+)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """A statement as its speaker made it, on the way to a candidate."""

    kind: str
    evidence: EvidenceSpan
    text: str
    subject: str | None
    interval: Interval
    is_dated: bool
    confidence: float
    tags: tuple[str, ...]
    form: Form
    claim: Claim | None
    #: The words it was made of, in the first person.
    said: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A sentence, by whom it was said and when."""

    sentence: str
    name: str
    said_at: datetime
    evidence: EvidenceSpan
    expressions: tuple[TimeExpression, ...]


def said(sentence: str, name: str, said_at: datetime, evidence: EvidenceSpan) -> Said:
    """A sentence with the times that it names."""
    day = said_at.date()
    expressions = tuple(_back(sentence, e, day) for e in find_expressions(sentence, day))
    return Said(sentence=sentence, name=name, said_at=said_at, evidence=evidence,
                expressions=expressions)  # fmt: skip


def _back(sentence: str, expression: TimeExpression, today: date) -> TimeExpression:
    """ "Since 1 October" was the last one."""
    period = expression.period
    if period.start <= today or not _SINCE.search(sentence, 0, expression.start):
        return expression
    back = next(iter(find_expressions(f"I left on {sentence[expression.start:expression.end]}",
                                      today)), None)  # fmt: skip
    if back is None or back.period.start > today:
        return expression
    return replace(expression, period=back.period, looks_back=True)


def facts_of(about: Said, statement: Statement, claims: Sequence[Found]) -> Iterator[Fact]:
    """The fact with its claim; a fact for each of several claims, and one for what is beyond."""
    fact = _fact(about, statement)
    timed = list(_timed(about, claims, fact.interval))
    main = [one for one in timed if one[0].main]
    if len(main) == 1:
        yield from _with_claim(about, fact, *main[0])
    else:
        yield from (_of_claim(about, fact, found, when) for found, when in main)
        if not main or _says_more(about.sentence, [found for found, _ in main]):
            yield _plain(about, fact)
    yield from (_of_claim(about, fact, found, when) for found, when in timed if not found.main)


def relations_of(about: Said, claims: Sequence[Found]) -> Iterator[Fact]:
    """The claims alone, of a sentence that states nothing else."""
    fact = _fact(about, Statement(subject=Subject.SPEAKER))
    yield from (_of_claim(about, fact, found, fact.interval) for found in claims)


def _fact(about: Said, statement: Statement) -> Fact:
    sentence, expressions = about.sentence, about.expressions
    plan = is_plan(sentence)
    unsure = plan or statement.opinion or is_tentative(sentence)
    told_of = statement.subject in {Subject.SPEAKER, Subject.GROUP}
    return Fact(
        kind="fact",
        evidence=about.evidence,
        text=_told(sentence, expressions, about.name),
        subject=about.name if told_of else statement.name,
        # A plan holds since it was told, or made ("yesterday I signed up"), not on its day.
        interval=Interval(
            valid_at=begun(
                sentence, [e for e in expressions if e.looks_back or not plan], about.said_at
            )
        ),
        is_dated=bool(expressions),
        confidence=_UNSURE if unsure else _SURE,
        tags=(("plan",) if plan else ()) + (("opinion",) if statement.opinion else ()),
        form=Form.STATE,
        claim=None,
        said=sentence,
    )


def _timed(
    about: Said, claims: Sequence[Found], interval: Interval
) -> Iterator[tuple[Found, Interval]]:
    for found in claims:
        if found.ahead:
            starts = about.expressions[0].period.start if about.expressions else None
            when = datetime.combine(starts, time(), UTC) if starts else None
            yield found, Interval(valid_at=when or interval.valid_at)
        elif not found.past:
            yield found, interval
        elif of_then := then(found, about.sentence, about.expressions, about.said_at):
            yield of_then


def _plain(about: Said, fact: Fact) -> Fact:
    form = form_of(about.sentence, None, plan="plan" in fact.tags)
    return replace(
        fact, kind=kind_of(about.sentence, None), form=form,
        interval=_until(about, fact.interval, form),
    )  # fmt: skip


def _with_claim(about: Said, fact: Fact, found: Found, when: Interval) -> Iterator[Fact]:
    form = form_of(about.sentence, found, plan="plan" in fact.tags)
    further = _FURTHER.search(about.sentence) if found.claim.predicate in _PLACED else None
    text, before = found.text or fact.text, about.sentence
    place = found.claim.object.name
    if further and place in before[: further.start()] and not about.expressions:
        # What is said on is a fact of its own, which does not end with the first.
        text = _told(before[: further.start()], (), about.name)
        rest = before[: before.index(place)].rstrip()
        verb = re.sub(r"\s+(?:in|at|for|on)(?: the)?$", "", rest)
        yield replace(fact, text=_told(f"{verb} {further['more']}", (), about.name), form=form)
    yield replace(
        fact, kind=kind_of(about.sentence, found), text=text, subject=_subject_of(found.claim),
        form=form, claim=found.claim, interval=_until(about, when, form, found.claim),
    )  # fmt: skip


def _of_claim(about: Said, fact: Fact, found: Found, when: Interval) -> Fact:
    claim = found.claim
    form = claim.form
    kind = kind_of(about.sentence, replace(found, event=False))
    return replace(
        fact, kind=kind, text=found.text or told(claim),
        subject=_subject_of(claim), interval=_until(about, when, form, found.claim), form=form,
        claim=claim,
        tags=(),
    )  # fmt: skip


def _subject_of(claim: Claim) -> str | None:
    """Whom it is about; "the launch" is nobody."""
    name = claim.subject.name
    return None if claim.subject.kind is EntityKind.THING and name.startswith("the ") else name


def _until(about: Said, interval: Interval, form: Form, claim: Claim | None = None) -> Interval:
    end = ending(about.sentence, about.expressions) if form is Form.STATE else None
    if claim is not None and claim.predicate.startswith("own_"):
        end = None  # "postponed until June": its time, not the end of it
    if end is None or (interval.valid_at is not None and interval.valid_at >= end):
        return interval
    return replace(interval, invalid_at=interval.invalid_at or end)


def _says_more(sentence: str, claims: Sequence[Found]) -> bool:
    said_by_claims = " ".join(told(found.claim) for found in claims)
    known = set(re.findall(r"\w+", said_by_claims.lower()))
    more = " ".join(word for word in re.findall(r"\w+", sentence) if word.lower() not in known)
    return content_words(more) >= _MORE


def _told(sentence: str, expressions: Sequence[TimeExpression], name: str) -> str:
    text = _TAIL.sub("", retold(_with_dates(sentence, expressions), name))
    return f"{text[:1].upper()}{text[1:]}."


def _with_dates(sentence: str, expressions: Sequence[TimeExpression]) -> str:
    for expression in reversed(expressions):
        if expression.period.label is not None:
            dated = f" ({expression.period.label})"
            sentence = sentence[: expression.end] + dated + sentence[expression.end :]
    return sentence
