"""Predicates: what they are called, and which of them hold one value at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidation.extract.protocol import Form
from consolidation.predicates import form_of
from stores.english import words
from stores.predicates import predicate, predicate_of

FUNCTIONAL = sorted(
    words(
        "lives_in works_at has_job studies_at age birthday born_in from married_to partner "
        "relationship_status nationality name phone email favourite_food current_goal diet "
        "native_language pet_name"
    )
)
MANY = sorted(
    words(
        "likes dislikes owns has_pet has_child has_sibling has_parent has_friend knows member_of "
        "plays practises speaks allergic_to has_condition visited plans_to attended bought made "
        "read watched won started finished has composer_of"
    )
)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Lives in", "lives_in"),
        ("resides in", "lives_in"),
        ("is currently living in", "lives_in"),
        ("moved to", "lives_in"),
        ("employer", "works_at"),
        ("works for", "works_at"),
        ("is employed by", "works_at"),
        ("worksAt", "works_at"),
        ("has been working at", "works_at"),
        ("Occupation", "has_job"),
        ("is married to", "married_to"),
        ("wife", "married_to"),
        ("date of birth", "birthday"),
        ("comes from", "from"),
        ("mother tongue", "native_language"),
        ("favorite food", "favourite_food"),
        ("her favourite board game", "favourite_board_game"),
        ("enjoys", "likes"),
        ("can’t stand", "dislikes"),
        ("has", "has"),
        ("is allergic to", "allergic_to"),
        ("Composer of", "composer_of"),
        ("founded-by", "founded_by"),
    ],
)
def test_what_is_said_in_other_words_has_one_name(said: str, name: str) -> None:
    assert predicate_of(said) == name


@pytest.mark.parametrize("name", [*FUNCTIONAL, *MANY])
def test_a_name_is_its_own_name(name: str) -> None:
    assert predicate_of(name) == name


@given(st.text())
def test_whatever_is_said_gets_a_lasting_name(said: str) -> None:
    assert predicate_of(predicate_of(said)) == predicate_of(said)


def test_which_hold_one_value_at_a_time() -> None:
    assert all(predicate(name).functional for name in FUNCTIONAL)
    assert not any(predicate(name).functional for name in MANY)


def test_what_one_of_somebodys_things_is_has_one_value() -> None:
    assert predicate("own_flight").functional
    assert predicate_of("own_flight") == "own_flight"


def test_a_plan_lasts_until_it_is_called_off() -> None:
    assert form_of("plans_to", Form.EVENT) is Form.STATE


def test_which_never_change() -> None:
    never = {name for name in [*FUNCTIONAL, *MANY] if predicate(name).immutable}
    assert never == {"birthday", "born_in", "from", "native_language"}


def test_what_has_one_value_lasts_however_it_began() -> None:
    assert form_of("lives_in", Form.EVENT) is Form.STATE
    assert form_of("visited", Form.EVENT) is Form.EVENT
    assert form_of("likes", Form.STATE) is Form.STATE


def test_inverses_lead_back() -> None:
    assert predicate("has_parent").inverse == "has_child"
    assert predicate("has_sibling").inverse == "has_sibling"
