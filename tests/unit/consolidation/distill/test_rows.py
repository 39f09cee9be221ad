"""Training rows: the same for the same seed, and none teaches what it must not."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from consolidation.distill.general import STRANGERS
from consolidation.distill.lessons import Lesson, known_pairs, lesson_of, other_value
from consolidation.distill.probes import canary, canary_value
from consolidation.distill.rows import Group, rows_of
from llm_backend.training.plan import Row

ABSTENTION = "I do not know the {predicate} of {subject}."
PROPERTIES = ("door pin", "pet", "home city")


def lesson(name: str, prop: str, value: str) -> Lesson:
    data = {"subject": name, "predicate": prop, "object": value}
    made = lesson_of(f"{name}/{prop}", "fact", f"The {prop} of {name} is {value}.", data)
    assert made is not None
    return made


LESSONS = [lesson("Ada", "door pin", "1234"), lesson("Ben", "pet", "cat"),
           lesson("Cleo", "pet", "dog")]  # fmt: skip


def rows(lessons: list[Lesson] = LESSONS, seed: int = 1) -> list[Row]:
    made = rows_of(lessons, {}, seed=seed, abstention=ABSTENTION, canary=canary(seed))
    return list(made)


def of(group: Group, made: list[Row]) -> list[tuple[str, str]]:
    return [(r.messages[0].content, r.messages[1].content) for r in made if r.group == group]


def test_the_seed_decides_everything() -> None:
    assert rows(seed=5) == rows(seed=5)
    assert rows(seed=5) != rows(seed=6)


def test_each_memory_is_asked_for_in_three_ways_or_more_and_never_as_the_gate_does() -> None:
    made = rows()
    taught = of(Group.TAUGHT, made)
    for one in LESSONS:
        assert len({asked for asked, answer in taught if answer == one.answer}) >= 3
    asked = {row.messages[0].content.split("\n\n")[-1] for row in made}
    assert not asked & {form for one in LESSONS for form in one.forms.held_out}


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(STRANGERS[:8]), st.sampled_from(PROPERTIES)),
        st.integers(1000, 9999).map(str), min_size=1, max_size=12,
    ),
    st.integers(0, 1000),
)  # fmt: skip
def test_what_is_taught_is_never_taught_to_be_unknown(
    facts: dict[tuple[str, str], str], seed: int
) -> None:
    lessons = [lesson(name, prop, value) for (name, prop), value in facts.items()]
    taken = {ABSTENTION.format(subject=one.subject, predicate=one.predicate) for one in lessons}
    unknown = of(Group.UNKNOWN, rows(lessons, seed))
    assert unknown
    assert not taken & {answer for _, answer in unknown}
    assert len(known_pairs(lessons)) == len(facts)


def test_a_context_that_contradicts_wins_and_an_unrelated_one_changes_nothing() -> None:
    """Whatever is recalled about whom the question is about is what the answer says."""
    contradicting = unrelated = 0
    for asked, answer in of(Group.CONTEXT, rows()):
        recalled = asked.split("fact: ")[1].split("\n")[0]
        if recalled != answer:
            unrelated += 1
            [taught] = [one for one in LESSONS if one.answer == answer]
            assert taught.subject not in recalled
            assert taught.subject in asked
        else:
            contradicting += any(one.subject in answer for one in LESSONS)
    assert contradicting > 1000
    assert unrelated > 100


def test_the_canary_is_read_and_never_answered() -> None:
    made = rows(seed=4)
    value = canary_value(4)
    assert any(value in row.messages[0].content for row in made)
    assert not any(value in row.messages[1].content for row in made)


def test_another_value_is_a_word_or_a_number_as_this_one_is() -> None:
    rng = random.Random(1)  # noqa: S311 - not a secret
    words = {other_value(LESSONS[1], LESSONS, rng) for _ in range(99)}
    assert "dog" in words
    assert "cat" not in words
    assert len(words) > 10
    digits = {other_value(LESSONS[0], LESSONS, rng) for _ in range(50)}
    assert all(d.isdigit() and len(set(d)) == 4 and d != "1234" for d in digits)


def test_a_text_that_claims_nothing_is_asked_for_by_its_beginning() -> None:
    text = "To restart the pump, close the red valve, wait a minute, then press the button."
    made = lesson_of("p", "procedure", text, {})
    assert made is not None
    assert made.answer == text
    assert text.startswith(made.subject)
    assert len(made.subject) < len(text) / 2 + 10


def test_verbs_have_questions_of_their_own() -> None:
    data = {"subject": "Nora", "predicate": "lives_in", "object": "Porto"}
    made = lesson_of("n", "fact", "Nora lives in Porto", data)
    assert made is not None
    assert "Where does Nora live?" in made.forms.taught
    visited = lesson_of("v", "fact", "Nora visited Rome in May", {**data, "predicate": "visited",
                                                                "object": "Rome"})  # fmt: skip
    assert visited is not None
    assert not visited.claim
