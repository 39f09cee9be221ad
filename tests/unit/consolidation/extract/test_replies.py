"""Answers told with their questions, and sentences whose subject is left unsaid."""

from __future__ import annotations

import pytest

from tests.unit.consolidation.extract.talking import talk, texts

Turns = list[tuple[str, str]]


@pytest.mark.parametrize(
    ("question", "answer", "told"),
    [
        ("Where does your sister live now?", "In Leeds, with two cats.",
         "Ana's sister lives in Leeds, with two cats."),
        ("How often do you swim?", "Twice a week.", "Ana swims twice a week."),
        ("What do you weigh?", "88 kilos.", "Ana weighs 88 kilos."),
        ("How old is your son?", "Five months.", "Ana's son is five months old."),
        ("So, what are you working on?", "The billing service.",
         "Ana is working on the billing service."),
        ("Who do you live with?", "A girl called Mina, from Goa.",
         "Ana lives with a girl called Mina, from Goa."),
        ("What do you paint?", "Boats, mostly.", "Ana paints boats."),
        ("Do you come in by car?", "By train, the 7:12.", "Ana comes in by train, the 7:12."),
        ("Do you live in Hull?", "Near Beverley.", "Ana lives near Beverley."),
        ("What's the new dog called?", "Biscuit.", "Ana's dog is called Biscuit."),
        ("What did you buy?", "A boat, did I not say?", "Ana bought a boat."),
        ("Any allergies?", "Penicillin.", "Ana is allergic to Penicillin."),
        ("How is your brother?", "Rory? He works at Acme.", "Rory works at Acme."),
    ],
)  # fmt: skip
def test_an_answer_says_what_is_missing_in_the_question(
    question: str, answer: str, told: str
) -> None:
    extraction = talk(("Ben", question), ("Ana", answer))

    assert told in [c.text for c in extraction.candidates]
    assert all(e.episode_id.int == 2 for c in extraction.candidates for e in c.evidence)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What do you think?", "A boat."),
        ("What do you paint?", "Nothing at the moment."),
        ("What do you paint?", "Ask me tomorrow."),
        ("What do you paint?", "That is a secret."),
        ("Where do you live?", "Guess."),
        ("Where do you live?", "Good question!"),
        ("How often do you swim?", "Not enough."),
        ("Who do you live with?", "Why?"),
        ("How old is he?", "Five."),
        ("When do you fly?", "No idea."),
    ],
)
def test_what_does_not_answer_says_nothing(question: str, answer: str) -> None:
    assert texts(("Ben", question), ("Ana", answer)) == []


@pytest.mark.parametrize(
    ("question", "answer", "told"),
    [
        ("Does Dee still teach at the infant school?", "She does.",
         "Dee still teaches at the infant school."),
        ("Do you work full time?", "Yes, five days.", "Ana works full time."),
        ("Are you still at Initech?", "Yep, still.", "Ana is still at Initech."),
        ("Is your brother still in Sligo?", "He is, yeah.", "Ana's brother is still in Sligo."),
        ("Do you drive to work?", "No.", "Ana doesn't drive to work."),
        ("Does your mum still bake bread?", "Not since Easter, no.",
         "Ana's mum no longer bakes bread since Easter."),
    ],
)  # fmt: skip
def test_a_yes_or_no_says_what_was_asked(question: str, answer: str, told: str) -> None:
    assert told in texts(("Ben", question), ("Ana", answer))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Are you still at Initech?", "Yes, but not for long."),
        ("Do you want me to call the bank?", "Yes."),
        ("Are you coming to Rome?", "Yes."),
        ("Is he still in Sligo?", "He is."),
        ("Do you think it rains in Rome?", "Yes."),
        ("Did you sleep?", "Yes."),
    ],
)
def test_a_yes_to_what_is_no_lasting_thing_says_nothing(question: str, answer: str) -> None:
    assert texts(("Ben", question), ("Ana", answer)) == []


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        ([("Ana", "My brother finished at Ford. Works for Tesla now.")],
         "Ana's brother works for Tesla now."),
        ([("Ben", "How's your brother?"), ("Ana", "Shares a house with two nurses.")],
         "Ana's brother shares a house with two nurses."),
        ([("Ana", "My daughter Zosia loves it here."),
          ("Ben", "How old is she? My son Peter is forty and still lives at home with us."),
          ("Ana", "She is eight.")], "Zosia is eight."),
        ([("Ben", "Sunita well?"), ("Ana", "Back at work since the summer.")],
         "Sunita is back at work since the summer."),
        ([("Ben", "How is Anna?"), ("Ana", "Moved to Porto last week.")], "Anna moved to Porto"),
        ([("Ana", "Came off the pills in June.")], "Ana came off the pills in June"),
        ([("Ana", "Finally quit my job at Bosch.")], "Ana finally quit Ana's job at Bosch."),
        ([("Ana", "Down to 83 kilos.")], "Ana is down to 83 kilos."),
        ([("Ana", "Want to be a pilot.")], "Ana wants to be a pilot."),
    ],
)  # fmt: skip
def test_a_subject_left_unsaid_is_who_was_spoken_of(turns: Turns, told: str) -> None:
    assert any(text.startswith(told) for text in texts(*turns))


@pytest.mark.parametrize(
    "turns",
    [
        [("Ana", "My brother lives in Hull. Sold the boat in May.")],
        [("Ana", "My brother met Anna in Hull. Works for Tesla now.")],
        [("Ana", "Works for Tesla now.")],
    ],
)
def test_where_it_may_be_another_it_is_nobody(turns: Turns) -> None:
    assert not any("Tesla" in text or "boat" in text for text in texts(*turns))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("My brother Tom left Vodafone in May, he's a carpenter now.", "Tom is a carpenter now."),
        ("My mum's hip hurts. She sleeps in a chair.", "Ana's mum sleeps in a chair."),
        ("We see our parents every year. They live in Canada.", "Ana's parents live in Canada."),
        ("Tom lives with his wife. She works at Boots.", "Tom's wife works at Boots."),
        ("I'm not vegan any more, just vegetarian.", "Ana is just vegetarian."),
        ("Rory no longer snores.", "Rory no longer snores."),
        ("Long days, and I want to plan my meals.", "Ana wants to plan Ana's meals."),
        ("I taught chemistry in Rome, retired now.", "Ana is retired now."),
        ("My sister is 30.", "Ana's sister is 30."),
        ("Fridays I visit my aunt in Paisley.", "Fridays Ana visits Ana's aunt in Paisley."),
    ],
)  # fmt: skip
def test_who_is_meant_is_told(content: str, told: str) -> None:
    assert told in texts(("Ana", content))


@pytest.mark.parametrize("content", ["I'd go mad in an office.", "We would never sell the house."])
def test_what_one_would_do_is_not_done(content: str) -> None:
    assert texts(("Ana", content)) == []


def test_a_remark_leaves_a_claim_as_sure_as_it_is() -> None:
    claims = [c.claim for c in talk(
        ("Ana", "I moved to Aberdeen in May, it's wet, but people say hello.")
    ).candidates]  # fmt: skip

    assert [(c.predicate, c.object.name) for c in claims if c] == [("lives_in", "Aberdeen")]


@pytest.mark.parametrize(
    ("heard", "content", "told"),
    [
        ([("Ben", "Where do you live now?")], "In Porto.", "Ana lives in Porto."),
        ([("Ana", "My brother Rory is fine."), ("Ben", "Good!")], "He works at Acme.",
         "Rory works at Acme."),
        ([("Ana", "I work at Acme."), ("Ben", "Not bad.")], "Sorry, I meant Zenith.",
         "Ana works at Zenith."),
    ],
)  # fmt: skip
def test_what_was_said_before_is_heard_and_not_extracted(
    heard: Turns, content: str, told: str
) -> None:
    extraction = talk(*heard, ("Ana", content), before=len(heard))

    assert [c.text for c in extraction.candidates] == [told]
    (span,) = extraction.candidates[0].evidence
    assert content[span.start : span.end]
    assert span.episode_id.int == len(heard) + 1
    assert {i.int for i in extraction.mentions} <= {len(heard) + 1}


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        ([("Ana", "Choir's on Mondays this year.")], "Ana's choir's on Mondays this year (2023)."),
        ([("Ana", "The rent is 890 euros.")], "Ana's rent is 890 euros."),
        ([("Ben", "And Kofi?"), ("Ana", "We broke up in the summer.")],
         "Kofi and Ana broke up in the summer."),
    ],
)  # fmt: skip
def test_whose_it_is_is_told(turns: Turns, told: str) -> None:
    assert told in texts(*turns)


@pytest.mark.parametrize(
    "turns",
    [
        [("Ben", "Hi, Ana."), ("Ana", "The rent is 890 euros.")],
        [("Ana", "The deadline is on 15 June.")],
        [("Ana", "Chess is a game of patience, they say.")],
        [("Ana", "We broke up in the summer.")],
    ],
)
def test_where_it_may_be_anybody_s_it_is_nobody_s(turns: Turns) -> None:
    assert not any(text.startswith(("Ana's", "Kofi")) for text in texts(*turns))
