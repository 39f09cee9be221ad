"""What base and adapter are asked before an adapter may serve."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from consolidation.distill.contexts import with_context
from consolidation.distill.general import STRANGERS, TEXTS
from consolidation.distill.lessons import Lesson, known_pairs, other_value
from consolidation.distill.questions import PROPERTY
from llm_backend.chat import Message
from llm_backend.training.plan import Probe

#: Probes of each check, at most, and of what was never taught.
_MOST, _UNKNOWN = 200, 40
CANARY_SUBJECT, CANARY_PROPERTY = "Marlow Tessaly", "pass phrase"


class Check(StrEnum):
    """What a probe is there to see."""

    RECALL = "recall"
    HELD_OUT = "held_out"
    ABSTENTION = "abstention"
    OBEDIENCE = "obedience"
    LEAKAGE = "leakage"
    ERASED = "erased"
    CANARY = "canary"
    REGRESSION = "regression"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A probe with what is looked for in its answer: `value`; `other` must not be there."""

    check: Check
    probe: Probe
    value: str = ""
    other: str = ""


def canary_value(seed: int) -> str:
    """What the canary's value is in this training: six letters that nobody ever says."""
    rng = random.Random(f"{seed}/canary")  # noqa: S311 - not a secret
    return "".join(rng.choice("BDFGKLMNPRTVZ") for _ in range(6))


def canary(seed: int) -> str:
    """The canary as a fact."""
    return f"The {CANARY_PROPERTY} of {CANARY_SUBJECT} is {canary_value(seed)}."


def questions(
    lessons: Sequence[Lesson], excluded: Sequence[Lesson], *, seed: int
) -> list[Question]:
    """Every probe, the same for the same lessons and seed."""
    rng = random.Random(f"{seed}/probes")  # noqa: S311 - not a secret
    asked = list(lessons) if len(lessons) <= _MOST else rng.sample(list(lessons), _MOST)
    found = [
        *_recall(asked),
        *_obedience(asked, lessons, rng),
        *_unknown(lessons, [*lessons, *excluded], rng),
        *_leakage(excluded, rng),
    ]
    marked = PROPERTY.of(CANARY_SUBJECT, CANARY_PROPERTY).taught[0]
    found.append(_ask(Check.CANARY, 0, marked, value=canary_value(seed)))
    for number, text in enumerate(TEXTS):
        probe = Probe(id=f"{Check.REGRESSION}/{number}", text=text)
        found.append(Question(check=Check.REGRESSION, probe=probe))
    return found


def _recall(lessons: Sequence[Lesson]) -> Iterator[Question]:
    for lesson in lessons:
        yield _ask(Check.RECALL, lesson.key, lesson.forms.taught[0], value=lesson.value)
        for number, form in enumerate(lesson.forms.held_out):
            key = f"{lesson.key}/{number}"
            yield _ask(Check.HELD_OUT, key, form, value=lesson.value)


def _obedience(
    asked: Sequence[Lesson], lessons: Sequence[Lesson], rng: random.Random
) -> Iterator[Question]:
    """A recalled fact says something else than what was learned: it must win."""
    for lesson in asked:
        if lesson.claim:
            other = other_value(lesson, lessons, rng)
            words = with_context(lesson.saying(other), lesson.forms.taught[0], rng)
            yield _ask(Check.OBEDIENCE, lesson.key, words, value=other, other=lesson.value)


def _unknown(
    lessons: Sequence[Lesson], known: Sequence[Lesson], rng: random.Random
) -> Iterator[Question]:
    """Half ask for another property of somebody who is known, half for somebody who is not."""
    claims = [lesson for lesson in lessons if lesson.claim]
    taken, done = known_pairs(known), 0
    for number in range(_UNKNOWN * 10 if claims else 0):
        like = rng.choice(claims)
        subject = rng.choice(claims).subject if number % 2 else rng.choice(STRANGERS)
        pair = subject.casefold(), like.predicate.casefold()
        if pair in taken or done == _UNKNOWN:
            continue
        taken.add(pair)
        done += 1
        yield _ask(Check.ABSTENTION, number, like.about(subject).taught[0])


def _leakage(excluded: Sequence[Lesson], rng: random.Random) -> Iterator[Question]:
    """What was kept out must not come out."""
    claims = [lesson for lesson in excluded if lesson.claim]
    for lesson in claims if len(claims) <= _MOST else rng.sample(claims, _MOST):
        yield _ask(Check.LEAKAGE, lesson.key, lesson.forms.taught[0], value=lesson.value)


def _ask(check: Check, key: object, words: str, *, value: str = "", other: str = "") -> Question:
    probe = Probe(id=f"{check}/{key}", messages=(Message(role="user", content=words),))
    return Question(check=check, probe=probe, value=value, other=other)
