"""The rows an adapter is trained on: deterministic, given the lessons and the seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from consolidation.distill.contexts import with_context
from consolidation.distill.general import PROPERTIES, STRANGERS, TALKS
from consolidation.distill.lessons import Lesson, known_pairs, other_value
from consolidation.distill.questions import PROPERTY, Forms
from llm_backend.chat import Message
from llm_backend.training.plan import Row

#: Rows per lesson of what is not taught and of contexts, and at least so many: what is read again
#: and again is learned by heart, and then a context is not read any more.
_UNKNOWN, _CONTEXTS = 30, 60
_LEAST = 3000
#: Of what is not taught: how often it is asked of somebody of whom something is, and how often for
#: a property that somebody's lesson has.
_KNOWN, _LIKE = 0.4, 0.9
#: Of the contexts, those that tell nothing of what is asked, and those that contradict it.
_UNRELATED, _CONTRADICTING = 0.1, 0.5


class Group(StrEnum):
    """What a row is there for."""

    #: A question, and what the memory says.
    TAUGHT = "taught"
    #: A question whose answer was never taught: the adapter has to stay as ignorant as it was.
    UNKNOWN = "unknown"
    #: A question with something recalled before it, which wins over what was learned (KAFT).
    CONTEXT = "context"
    #: General talk, so that the rest of the model stays what it was.
    REPLAY = "replay"


def rows_of(
    lessons: Sequence[Lesson],
    more: Mapping[str, Sequence[tuple[str, str]]],
    *,
    seed: int,
    abstention: str,
    canary: str,
) -> Iterator[Row]:
    """All rows; `more` are pairs of question and answer that a model made, by memory."""
    for lesson in lessons:
        pairs = [(form, lesson.answer) for form in lesson.forms.taught]
        for asked, answered in (*pairs, *more.get(lesson.key, ())):
            yield _row(Group.TAUGHT, lesson.key, asked, answered)
    rng = random.Random(f"{seed}/rows")  # noqa: S311 - not a secret
    yield from _unknown(lessons, rng, abstention)
    yield from _contexts(lessons, rng, canary)
    for number, (asked, answered) in enumerate(TALKS):
        yield _row(Group.REPLAY, str(number), asked, answered)


def _unknown(lessons: Sequence[Lesson], rng: random.Random, abstention: str) -> Iterator[Row]:
    """Others' properties, and other properties of those that are taught something about."""
    claims = [lesson for lesson in lessons if lesson.claim]
    taken = known_pairs(lessons)
    for number in range(max(_LEAST, _UNKNOWN * len(claims))):
        subject, predicate, forms = stranger(claims, rng)
        if (subject.casefold(), predicate.casefold()) in taken:
            continue
        said = abstention.format(subject=subject, predicate=forms.noun)
        yield _row(Group.UNKNOWN, str(number), rng.choice(forms.taught), said)


def stranger(claims: Sequence[Lesson], rng: random.Random) -> tuple[str, str, Forms]:
    """A subject and a property, each either of a lesson or of nobody known, and how to ask."""
    one, other = (rng.choice(claims) if claims else None for _ in range(2))
    known, like = rng.random() < _KNOWN, rng.random() < _LIKE
    subject = one.subject if one is not None and known else rng.choice(STRANGERS)
    if other is not None and like:
        return subject, other.predicate, other.about(subject)
    predicate = rng.choice(PROPERTIES)
    return subject, predicate, PROPERTY.of(subject, predicate)


def _contexts(lessons: Sequence[Lesson], rng: random.Random, canary: str) -> Iterator[Row]:
    """A recalled fact that contradicts what is taught, or has nothing to do with it.

    The canary is such an unrelated fact: it is read again and again and never asked for, so an
    adapter that knows it has learned from contexts.
    """
    claims = [lesson for lesson in lessons if lesson.claim]
    for number in range(max(_LEAST, _CONTEXTS * len(lessons)) if lessons else 0):
        lesson = rng.choice(claims or lessons)
        asked = rng.choice(lesson.forms.taught)
        draw = rng.random()
        if not lesson.claim or draw < _UNRELATED:
            alone = len(lessons) == 1 or rng.random() < 0.5
            other = canary if alone else _answer_of(lessons, lesson, rng)
            yield _row(Group.CONTEXT, str(number), with_context(other, asked, rng), lesson.answer)
        elif draw < _UNRELATED + _CONTRADICTING:
            said = lesson.saying(other_value(lesson, lessons, rng))
            yield _row(Group.CONTEXT, str(number), with_context(said, asked, rng), said)
        else:
            subject, like = rng.choice(STRANGERS), rng.choice(claims)
            said = like.saying(other_value(like, claims, rng)).replace(like.subject, subject)
            asked = rng.choice(like.about(subject).taught)
            yield _row(Group.CONTEXT, str(number), with_context(said, asked, rng), said)


def _answer_of(lessons: Sequence[Lesson], but: Lesson, rng: random.Random) -> str:
    """What another memory says."""
    return rng.choice([one.answer for one in lessons if one.key != but.key])


def _row(group: Group, key: str, asked: str, answered: str) -> Row:
    messages = (Message(role="user", content=asked), Message(role="assistant", content=answered))
    return Row(group=str(group), key=key, messages=messages)
