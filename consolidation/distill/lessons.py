"""A memory as it is taught: what is asked, what is answered, what may stand in its place."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consolidation.distill.general import VALUES
from consolidation.distill.questions import BY_PREDICATE, PROPERTY, TEXT, Forms
from stores.predicates import predicate_of
from stores.records import Payload

#: Characters of a memory's beginning by which a text without a claim is asked for.
_BEGINNING = 60
_LONGEST = 600
_DIGITS = "0123456789"
_DIGIT = re.compile(r"[0-9]")
#: How often another value is one that is taught of somebody else.
_KNOWN = 0.4


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """What is taught of one memory. `claim` tells if it has a subject and a value."""

    key: str
    subject: str
    predicate: str
    value: str
    answer: str
    #: How to ask for the like of it about anybody, and how to ask for it.
    template: Forms
    forms: Forms
    claim: bool

    @property
    def pair(self) -> tuple[str, str]:
        """Whose property it is."""
        return self.subject.casefold(), self.predicate.casefold()

    def about(self, subject: str) -> Forms:
        """How to ask for the same property of somebody else."""
        return self.template.of(subject, self.predicate)

    def saying(self, value: str) -> str:
        """The answer, were the value another one."""
        return self.answer.replace(self.value, value)


def lesson_of(key: str, kind: str, content: str, data: Payload) -> Lesson | None:
    """How a memory is taught; None if it is too long, or nothing could be asked."""
    content = " ".join(content.split())
    if not content or len(content) > _LONGEST:
        return None
    claim = _claim(key, content, data)
    return claim or _passage(key, kind, content)


def _claim(key: str, content: str, data: Payload) -> Lesson | None:
    """A claim that names its value in its own words, and for which there are questions."""
    subject, predicate, value = (data.get(n) for n in ("subject", "predicate", "object"))
    if not (subject and predicate and value) or data.get("negated") or value not in content:
        return None
    words = str(predicate).replace("_", " ")
    template = BY_PREDICATE.get(predicate_of(predicate))
    if template is None and not _is_property(words, content):
        return None
    template = template or PROPERTY
    return Lesson(
        key=key, subject=subject, predicate=words, value=value, answer=content,
        template=template, forms=template.of(subject, words), claim=True,
    )  # fmt: skip


def _is_property(words: str, content: str) -> bool:
    """Whether the content itself uses the predicate as a noun: "the pin of Ada", "Ada's pin"."""
    said = content.casefold()
    noun = words.casefold()
    return f"{noun} of " in said or f"'s {noun}" in said or f"’s {noun}" in said


def _passage(key: str, kind: str, content: str) -> Lesson | None:
    beginning = _beginning(content)
    if beginning is None:
        return None
    return Lesson(
        key=key, subject=beginning, predicate=kind, value=content, answer=content,
        template=TEXT, forms=TEXT.of(beginning, kind), claim=False,
    )  # fmt: skip


def other_value(lesson: Lesson, lessons: Sequence[Lesson], rng: random.Random) -> str:
    """A value that this one is not: another number of its form, or another word."""
    if _DIGIT.search(lesson.value):
        return _other_digits(lesson.value, rng)
    same = {one.value for one in lessons if one.claim and one.predicate == lesson.predicate}
    known = sorted(same - {lesson.value})
    # Not from the lessons alone: a model that reads the same few values again and again takes one
    # of them for what it reads.
    anything = [value for value in VALUES if value != lesson.value]
    return rng.choice(known if known and rng.random() < _KNOWN else anything)


def _other_digits(value: str, rng: random.Random) -> str:
    """The value with other digits; those that were alike still are, those that were not are not."""
    while True:
        other = value.translate(str.maketrans(_DIGITS, "".join(rng.sample(_DIGITS, 10))))
        if other != value:
            return other


def _beginning(content: str) -> str | None:
    """The words a text begins with: a part of it that does not give the rest away."""
    words = content.split()
    taken: list[str] = []
    for word in words[: max(1, len(words) // 2)]:
        if len(" ".join([*taken, word])) > _BEGINNING:
            break
        taken.append(word)
    return " ".join(taken) if len(words) >= 4 and taken else None


def known_pairs(lessons: Iterable[Lesson]) -> set[tuple[str, str]]:
    """All that the lessons tell a value of."""
    return {lesson.pair for lesson in lessons}
