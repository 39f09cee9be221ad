"""What of whom a question asks for, by the names claims go by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.understanding.beliefs import find_sought, without_present
from stores.names import normalised

_USER = ("the user", "user")


@pytest.mark.parametrize(
    ("question", "who", "first"),
    [
        ("Where does Mara live now?", ("mara",), "lives_in"),
        ("where's mara living these days", ("mara",), "lives_in"),
        ("Which city does Mara live in?", ("mara",), "lives_in"),
        ("Where did Mara move to?", ("mara",), "lives_in"),
        ("When did Jonas move to Gothenburg?", ("jonas",), "lives_in"),
        ("Does Mara still live in Ghent?", ("mara",), "lives_in"),
        ("Where does Walter's daughter Susan live?", ("susan",), "lives_in"),
        ("Where do I live?", _USER, "lives_in"),
        ("Where does the user work?", _USER, "works_at"),
        ("Where does Mary Ann Shaw work?", ("mary ann shaw",), "works_at"),
        ("Who does Jonas work for?", ("jonas",), "works_at"),
        ("Is Jonas still working at Kettle?", ("jonas",), "works_at"),
        ("What does Jonas do for a living?", ("jonas",), "has_job"),
        ("What does Jonas do now?", ("jonas",), "has_job"),
        ("What is Jonas's job?", ("jonas",), "has_job"),
        ("What was my job back then?", _USER, "has_job"),
        ("Which school does Ellie go to?", ("ellie",), "studies_at"),
        ("How old is Zosia?", ("zosia",), "age"),
        ("Who is Ines married to?", ("ines",), "married_to"),
        ("Who is Ines dating?", ("ines",), "partner"),
        ("Who was Ines's boyfriend?", ("ines",), "partner"),
        ("What is the name of Ravi's wife?", ("ravi",), "married_to"),
        ("Is Ines married?", ("ines",), "married_to"),
        ("Is Oona vegan?", ("oona",), "diet"),
        ("What does Oona eat?", ("oona",), "diet"),
        ("What is Ines's favorite board game?", ("ines",), "favourite_board_game"),
        ("What is Ines's phone number?", ("ines",), "phone"),
        ("When is Marta's birthday?", ("marta",), "birthday"),
        ("When was Mira born?", ("mira",), "birthday"),
        ("Where is Hana from?", ("hana",), "from"),
        ("What is Hana allergic to?", ("hana",), "allergic_to"),
        ("Does Hana have a dog?", ("hana",), "has_pet"),
        ("What pets does Hana have?", ("hana",), "has_pet"),
        ("How many kids does Hana have?", ("hana",), "has_child"),
        ("Which languages does Hana speak?", ("hana",), "speaks"),
        ("How much is Sam's rent?", ("sam",), "own_rent"),
    ],
)
def test_a_question_for_what_has_a_name_is_understood(
    question: str, who: tuple[str, ...], first: str
) -> None:
    sought = find_sought(question)
    assert sought is not None
    assert (sought.who, sought.predicates[0], sought.sure) == (who, first, True)


@pytest.mark.parametrize(
    ("question", "who", "predicates"),
    [
        ("Does Tomek still drink coffee?", ("tomek",), ("drinks",)),
        ("What car does Dana drive?", ("dana",), ("own_car", "owns", "has")),
        ("Does Sam carry a knife?", ("sam",), ("carries",)),
        ("Which instrument does Ines play?", ("ines",), ("plays",)),
        ("Does Hana like cats?", ("hana",), ("likes",)),
    ],
)
def test_of_other_verbs_it_is_no_more_than_likely(
    question: str, who: tuple[str, ...], predicates: tuple[str, ...]
) -> None:
    sought = find_sought(question)
    assert sought is not None
    assert (sought.who, sought.predicates, sought.sure) == (who, predicates, False)


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Where does she live?",
        "Where do Hana and Oskar live?",
        "Did Hana and Oskar go to Oslo?",
        "Where does Hana work out?",
        "What did Hana's mother get for her birthday?",
        "What did Hana do in July?",
        "Did Hana visit Rome?",
        "What was wrong with Biscuit in February?",
        "Tell me about Hana",
        "Hana lives in Ghent now.",
        "What is the budget?",
    ],
)
def test_nothing_is_made_of_another_question(question: str) -> None:
    assert find_sought(question) is None


@given(st.text(max_size=200))
def test_any_text_can_be_asked(text: str) -> None:
    sought = find_sought(text)
    assert sought is None or (all(sought.predicates) and all(sought.who))


@given(st.sampled_from(["Hana", "Mary Ann", "O'Neill", "Jean-Luc", "李雷", "Émile"]))
def test_whoever_is_asked_of_is_called_as_aliases_are(name: str) -> None:
    for question in (f"Where does {name} live?", f"What is {name}'s job?"):
        sought = find_sought(question)
        assert sought is not None
        assert sought.who == (normalised(name),)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Where does Mara live now?", "Where does Mara live?"),
        ("Where is Mara living right now?", "Where is Mara living?"),
        ("Is Biscuit still ill?", "Is Biscuit ill?"),
        ("What does Jonas currently do at the moment?", "What does Jonas do?"),
        ("Who painted the still life?", "Who painted the still life?"),
        ("What is nowcasting?", "What is nowcasting?"),
        ("Now what?", "Now what?"),
        ("Mara lives here now", "Mara lives here now"),
    ],
)
def test_the_present_is_no_word_to_look_for(said: str, kept: str) -> None:
    assert without_present(said) == kept
