"""The ways to ask for what a memory holds. Some are taught, others are kept for the gate.

`{s}` is the subject and `{p}` the predicate in words. A form that was taught says nothing about
understanding: those held out are asked by the gate alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Forms:
    """Question forms of one kind of claim, and the noun for what they ask for."""

    taught: tuple[str, ...]
    held_out: tuple[str, ...]
    noun: str = "{p}"

    def of(self, subject: str, predicate: str) -> Forms:
        """The forms as questions about that subject."""

        def filled(forms: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(form.format(s=subject, p=predicate) for form in forms)

        return Forms(
            taught=filled(self.taught),
            held_out=filled(self.held_out),
            noun=self.noun.format(p=predicate),
        )


#: Of what is a property with a name: the subject stands before it as often as behind, since a model
#: that has only ever read it in one order does not find it in the other.
PROPERTY = Forms(
    taught=(
        "What is the {p} of {s}?",
        "Tell me the {p} of {s}.",
        "I need the {p} of {s}.",
        "Do you know the {p} of {s}?",
        "What is {s}'s {p}?",
        "Tell me {s}'s {p}.",
        "{s}: what is the {p}?",
        "About {s}, which {p} is it?",
    ),
    held_out=("Can you give me {s}'s {p}?", "Which is the {p} of {s}?"),
)


def _verb(noun: str, *forms: str) -> Forms:
    """The last two are held out."""
    return Forms(taught=forms[:-2], held_out=forms[-2:], noun=noun)


#: Of predicates that are verbs, by their names in `stores.predicates`.
BY_PREDICATE: Mapping[str, Forms] = {
    "lives_in": _verb(
        "home", "Where does {s} live?", "Tell me where {s} lives.", "In which place does {s} live?",
        "Do you know where {s} lives?", "{s}: where is home?", "Where is {s} at home?",
        "Which place does {s} live in?",
    ),
    "works_at": _verb(
        "employer", "Where does {s} work?", "Who does {s} work for?", "Tell me where {s} works.",
        "Who is {s}'s employer?", "{s}: who is the employer?", "Do you know where {s} works?",
        "At which place does {s} work?",
    ),
    "has_job": _verb(
        "job", "What is {s}'s job?", "What does {s} do for a living?", "Tell me the job of {s}.",
        "What does {s} work as?", "{s}: what is the job?", "What is the profession of {s}?",
        "Which job does {s} have?",
    ),
    "studies_at": _verb(
        "school", "Where does {s} study?", "Which school does {s} go to?",
        "Tell me where {s} studies.", "{s}: which school is it?", "Do you know where {s} studies?",
        "At which school is {s}?",
    ),
    "age": _verb(
        "age", "How old is {s}?", "What is the age of {s}?", "Tell me {s}'s age.",
        "{s}: how old?", "Do you know how old {s} is?", "What age is {s}?",
    ),
    "married_to": _verb(
        "spouse", "Who is {s} married to?", "Who is {s}'s spouse?",
        "Tell me who {s} is married to.", "{s}: married to whom?",
        "Do you know who {s} is married to?", "Whom did {s} marry?",
    ),
    "birthday": _verb(
        "birthday", "When is {s}'s birthday?", "When was {s} born?", "Tell me the birthday of {s}.",
        "{s}: when is the birthday?", "Do you know {s}'s birthday?", "On which day was {s} born?",
    ),
    "born_in": _verb(
        "birthplace", "Where was {s} born?", "Tell me the birthplace of {s}.",
        "{s}: born where?", "What is {s}'s birthplace?", "Do you know where {s} was born?",
        "In which place was {s} born?",
    ),
    "likes": _verb(
        "liking", "What does {s} like?", "Tell me what {s} likes.", "{s}: what is liked?",
        "Do you know what {s} likes?", "What is it that {s} likes?", "What is to {s}'s liking?",
    ),
}  # fmt: skip
#: Of a text that makes no claim: it is asked for by how it begins.
TEXT = Forms(
    taught=(
        "Go on: {s}",
        "How does this go on: {s}", "What is known about this: {s}",
        "{s} … what else?",
    ),
    held_out=("Tell me the rest of this: {s}",),
    noun="{p}",
)  # fmt: skip
