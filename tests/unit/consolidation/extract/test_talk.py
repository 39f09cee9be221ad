"""What is understood from what was said before: pronouns, answers, corrections."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.unit.consolidation.extract.talking import talk, texts


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("My sister Anna called. She works at Google.", "Anna works at Google."),
        ("My boyfriend Rui is coming to Rome and he's not vegetarian.", "Rui is not vegetarian."),
        ("My mum is better. She has asthma.", "Ana's mum has asthma."),
        ("My mum has a shop. Her shop is in Rome.", "Ana's mum's shop is in Rome."),
        ("I adopted a tortoise. She's called Filomena.", "Ana's tortoise is called Filomena."),
        ("His name is Henrique, he's a plumber.", "Henrique is a plumber."),
        ("My mum is better. I visit her on Sundays.", "Ana visits Ana's mum on Sundays."),
        ("My sister Marta works in a hotel and cooks for Rome.", "Marta cooks for Rome."),
    ],
)  # fmt: skip
def test_a_pronoun_means_who_alone_was_named(content: str, told: str) -> None:
    assert any(told.removeprefix("Marta") in text for text in texts(("Ana", content)))


@pytest.mark.parametrize(
    "content",
    [
        "My sister Anna met my aunt Rosa. She works at Google.",
        "My brother Karim called. She works at Google.",
        "I drive a Toyota. She works at Google.",
        "My sister Anna called. I bought a kayak. I own a boat. She works at Google.",
    ],
)
def test_where_several_or_none_can_be_meant_nobody_is(content: str) -> None:
    assert not any("Google" in text for text in texts(("Ana", content)))


@pytest.mark.parametrize(
    ("question", "answer", "told"),
    [
        ("Where do you live now?", "In Porto, since 2022.", "Ana lives in Porto, since 2022."),
        ("So what do you do for a living?", "A nurse.", "Ana is a nurse."),
        ("How old are you?", "34.", "Ana is 34."),
        ("When is the show?", "On 14 September 2023, in Rome.",
         "The show is on 14 September 2023, in Rome."),
        ("Which race are you training for?", "The Rome marathon in 2024.",
         "Ana is training for the Rome marathon in 2024."),
        ("How is your mother?", "She has asthma.", "Ana's mother has asthma."),
    ],
)  # fmt: skip
def test_an_answer_is_told_with_its_question(question: str, answer: str, told: str) -> None:
    extraction = talk(("Ben", question), ("Ana", answer))

    assert [c.text for c in extraction.candidates] == [told]
    (span,) = extraction.candidates[0].evidence
    assert (span.episode_id, answer[span.start : span.end]) == (UUID(int=2), answer)


def test_the_answer_to_another_question_is_left_alone() -> None:
    assert texts(("Ben", "Where do you want to live?"), ("Ana", "In Porto.")) == []
    assert texts(("Ana", "Where do you live?"), ("Ana", "In Porto.")) == []


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("Marta turns 30 on 14 November.", "Wait, sorry, I meant 19 November.",
         "Marta turns 30 on 19 November (19 November 2023)."),
        ("I make 64,000 a year.", "Sorry, 62,000, not 64,000.", "Ana makes 62,000 a year."),
        ("I work at Acme.", "Sorry, I meant Zenith.", "Ana works at Zenith."),
        ("I live at 5 Mill Lane.", "Oops, I meant 7.", "Ana lives at 7 Mill Lane."),
    ],
)  # fmt: skip
def test_a_correction_says_the_same_with_the_right_value(
    first: str, second: str, told: str
) -> None:
    assert told in texts(("Ana", first), ("Ana", second))


def test_a_wrong_value_among_several_is_denied() -> None:
    extraction = talk(("Ana", "My dog is called Rex."), ("Ana", "Actually, it's Max, not Rex."))

    assert [(c.claim.object.name, c.claim.negated) for c in extraction.candidates if c.claim] == [
        ("Rex", False),
        ("Max", False),
        ("Rex", True),
    ]


def test_a_correction_of_nothing_is_none() -> None:
    assert texts(("Ana", "Sorry, I meant 19 November.")) == []
    assert texts(("Ben", "Marta turns 30 on 14 November."), ("Ana", "I meant 19 November.")) == [
        "Marta turns 30 on 14 November (14 November 2023)."
    ]


def test_what_is_taken_back_at_once_is_not_kept() -> None:
    assert texts(("Ana", "I bought a castle. Just kidding.")) == []
    assert texts(("Ana", "I own a boat. I bought a castle. Actually no.")) == ["Ana owns a boat."]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The meeting was on 1 October, not 24 September.",
         ["The meeting was on 1 October (1 October 2022)."]),
        ("I said the 14th, but the show is on 21 September.",
         ["The show is on 21 September (21 September 2023)."]),
        ("We bought a house, did I tell you?", ["Ana and others bought a house."]),
        ("I live in Rome, in case you need water.", ["Ana lives in Rome."]),
        ("I'm allergic to nuts, so if I drop down, call Sam.", ["Ana is allergic to nuts."]),
        ("I don't drink coffee, but Sam sends a flask of tea, you're invited.",
         ["Ana doesn't drink coffee.", "Sam sends a flask of tea."]),
        ("I bought a kayak and took it home.", ["Ana bought a kayak and took it home."]),
        ("I think Rui and I should visit Rome.", ["Ana thinks Rui and Ana should visit Rome."]),
        ("I want to travel and have kids.", ["Ana wants to travel and have kids."]),
        ("When I was ten, I moved to Oslo.", ["When Ana was ten, Ana moved to Oslo."]),
    ],
)  # fmt: skip
def test_a_sentence_is_taken_apart_only_where_its_parts_stand_alone(
    sentence: str, expected: list[str]
) -> None:
    assert texts(("Ana", sentence)) == expected


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ([("Lou", "And Craig, is he still commuting?"), ("Dana", "Every day. He leaves at six.")],
         "Craig leaves at six."),
        ([("Lou", "How is Pepper? I heard she was ill."), ("Dana", "She eats chicken every day.")],
         "Pepper eats chicken every day."),
        ([("Dana", "Craig can't find the time."), ("Lou", "For what?"),
          ("Dana", "He is a carpenter's apprentice now.")],
         "Craig is a carpenter's apprentice now."),
    ],
)  # fmt: skip
def test_a_pronoun_means_who_was_asked_about(turns: list[tuple[str, str]], expected: str) -> None:
    assert expected in texts(*turns)


@pytest.mark.parametrize(
    "turns",
    [
        [("Lou", "And Craig?"), ("Dana", "The Colemans moved away. She paints every day.")],
        [("Dana", "My sister called."), ("Lou", "Mine, too."), ("Lou", "She paints a lot.")],
        [("Dana", "Craig can't find the time."),
         ("Lou", "I would say that nobody ever finds any time for all that they want to do."),
         ("Dana", "He is a carpenter now.")],
    ],
)  # fmt: skip
def test_a_pronoun_means_nobody_who_was_left(turns: list[tuple[str, str]]) -> None:
    assert not any("paints" in text or "carpenter" in text for text in texts(*turns))


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("Are you still at Costa?", "No, I left in August.",
         "Ana is no longer at Costa since August (August 2022)."),
        ("Do you still row?", "Not since July, there is no club.",
         "Ana no longer rows since July (July 2022)."),
        ("Still on nights?", "Nope, they put me on days.", "Ana is no longer on nights."),
        ("Do you still drive to your office?", "Nah.", "Ana no longer drives to Ana's office."),
    ],
)  # fmt: skip
def test_what_is_asked_for_and_denied_is_over(question: str, answer: str, expected: str) -> None:
    assert expected in texts(("Lou", question), ("Ana", f"{answer} It is fine."))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Are you still at Costa?", "Yes, I am."),
        ("Are you still up?", "No, I sleep."),
        ("Do you still need that?", "No, thanks."),
        ("Are you still driving in?", "No, I sold the Rover."),
        ("Are you at Costa?", "No, at home."),
    ],
)
def test_nothing_is_over_without_a_question_and_a_no(question: str, answer: str) -> None:
    assert not any("no longer" in text for text in texts(("Lou", question), ("Ana", answer)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("I'm down to one coffee a day, are you proud of me?", "Ana is down to one coffee a day."),
        ("I've switched to Octopus, like you said.", "Ana has switched to Octopus."),
        ("At the moment I take 5 mg of ramipril.", "At the moment Ana takes 5 mg of ramipril."),
        ("Every other Sunday I cook a roast.", "Every other Sunday Ana cooks a roast."),
        ("Deleted Duolingo last night.", "Ana deleted Duolingo last night (7 May 2023)."),
        ("No more football, my knee hurts.", "Ana has no more football."),
        ("yep still in Peckham, above a shop.", "Ana is still in Peckham, above a shop."),
    ],
)
def test_what_stands_around_a_statement_does_not_hide_it(content: str, expected: str) -> None:
    assert expected in texts(("Ana", content))
