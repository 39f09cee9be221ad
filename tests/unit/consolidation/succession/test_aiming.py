"""Which earlier statement a later one ends or replaces, and which it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidation.extract.protocol import Claim, Mention
from consolidation.succession.aiming import Aim, Statement, aims, is_changing

ANA = Mention(name="Ana")


def told(
    number: int, text: str, *, month: int, claim: Claim | None = None, lasts: bool = True
) -> Statement:
    """Something said of Ana in a month of 2024."""
    return Statement(
        number=number, text=text, subject="Ana", since=datetime(2024, month, 1, tzinfo=UTC),
        lasts=lasts, claim=claim,
    )  # fmt: skip


def claim(predicate: str, value: str, *, negated: bool = False) -> Claim:
    """A claim about Ana."""
    return Claim(subject=ANA, predicate=predicate, object=Mention(name=value), negated=negated)


def aimed(earlier: Statement, text: str, own: Claim | None = None) -> Aim | None:
    """What a sentence said later claims by the earlier statement."""
    later = told(9, text, month=6, claim=own)
    return next(iter(aims([later], [earlier, later])), None)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("Ana has a glass of port with it.", "Ana gave up the port."),
        ("Ana has an old Rover.", "Ana sold the Rover."),
        ("Ana has joined PureGym.", "Ana quit the gym."),
        ("Ana subscribes to Adobe for 60 a month.", "Ana has cancelled Adobe."),
        ("Ana trains with the rowing team.", "Ana dropped out of the team."),
        ("Ana takes the bus to the labs.", "Ana has no more bus."),
        ("Ana counts calories.", "Ana stopped counting calories."),
        ("Ana walks the dog.", "Ana no longer walks the dog."),
        ("Ana walks the dog.", "Ana doesn't walk the dog any more."),
        ("Ana is preparing the wedding.", "Ana called the wedding off."),
        ("Ana rides a bike to work.", "Ana's bike got stolen."),
        ("Ana has an old Nokia.", "The Nokia drowned."),
        ("Ana is at Vodafone.", "Ana left Vodafone."),
        ("Ana works nights at a bakery.", "Ana is no longer on nights."),
    ],
)
def test_what_is_over_is_denied_and_the_earlier_statement_claims_it(
    earlier: str, later: str
) -> None:
    found = aimed(told(0, earlier, month=1), later)

    assert found is not None
    assert found.given is not None
    assert found.claim.negated
    assert not found.given.negated
    assert found.claim.object == found.given.object


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("Ana loves coffee.", "Ana gave up coffee."),
        ("Ana is learning Japanese with Duolingo.", "Ana deleted Duolingo."),
        ("Ana took the bus to Rome.", "Ana has no more bus."),
        ("Ana walks the dog.", "Ana doesn't walk the dog."),
        ("Ana does not eat meat.", "Ana gave up meat."),
        ("Ana has a Rover.", "Ana sold the house."),
        ("Ana rehearses on Tuesdays.", "Ana rehearses on Thursdays."),
        ("Ana works from home.", "Ana works from ten till six now."),
        ("Ana works in Berlin.", "Ana works in the attic now."),
        ("Ana has two cats.", "Ana has three dogs."),
        ("Ana's mother is the treasurer.", "Ana's mother is in Rome now."),
        ("Ana's boat is a Laser.", "Ana's boat is the fastest."),
        ("Ana does not eat meat.", "Ana eats fish again."),
        ("Ana does not eat meat.", "Ana eats meat."),
        ("Ana has lived here for two years.", "Ana has lived here for three years."),
        ("Ana runs 5 km on Mondays.", "Ana runs 10 km on Sundays."),
    ],
)
def test_what_only_looks_alike_stays(earlier: str, later: str) -> None:
    assert aimed(told(0, earlier, month=1), later) is None


@pytest.mark.parametrize(
    ("earlier", "later", "values"),
    [
        ("Ana drinks three coffees a day.", "Ana drinks one coffee a day.", "1 coffee, 3 coffees"),
        ("Ana drinks three coffees a day.", "Ana is down to one coffee a day.",
         "1 coffee, 3 coffees"),
        ("Ana runs three times a week.", "Ana runs once a week now.", "1 time, 3 times"),
        ("Ana invoices at 45 euros an hour.", "Ana invoices at 55 euros an hour.",
         "55 euros, 45 euros"),
        ("Ana rehearses on Tuesdays.", "Ana rehearses on Thursdays now.", "Thursdays, Tuesdays"),
        ("Ana lives with Freya.", "Ana lives with Chidi now.", "Chidi, Freya"),
        ("Ana weighs 92 kilos.", "Ana is at 86 kilos.", "86 kilos, 92 kilos"),
        ("Ana's GP is Dr Shah.", "Ana's GP is Dr Lindqvist now.", "Dr Lindqvist, Dr Shah"),
        ("Ana's favourite stop is the kebab place.",
         "Ana's favourite stop is now the pie shop in Goole.", "the pie shop, the kebab place"),
        ("Ana wants to be a marine biologist.", "Ana wants to be a cartographer now.",
         "cartographer, marine biologist"),
    ],
)  # fmt: skip
def test_another_value_takes_the_place(earlier: str, later: str, values: str) -> None:
    found = aimed(told(0, earlier, month=1), later)

    assert found is not None
    assert found.given is not None
    assert found.claim.predicate == found.given.predicate
    assert f"{found.claim.object.name}, {found.given.object.name}" == values
    assert not found.claim.negated


def test_what_was_denied_is_so_again() -> None:
    found = aimed(told(0, "Ana doesn't eat meat.", month=1), "Ana eats meat again.")

    assert found is not None
    assert found.given is not None
    assert (found.claim.negated, found.given.negated) == (False, True)
    assert found.claim.object == found.given.object


def test_what_was_claimed_not_to_be_is_so_again() -> None:
    denied = told(0, "Ana doesn't eat meat.", month=1, claim=claim("eats", "meat", negated=True))
    found = aimed(denied, "Ana eats meat again.", claim("diet", "meat"))

    assert found is not None
    assert (found.claim, found.given) == (claim("eats", "meat"), None)


def test_a_claim_is_denied_as_it_was_made() -> None:
    bowls = told(0, "Ana plays bowls on Wednesdays.", month=1, claim=claim("plays", "bowls"))
    found = aimed(bowls, "Ana no longer plays bowls.")

    assert found is not None
    assert found.claim == claim("plays", "bowls", negated=True)
    assert found.given is None


def test_who_is_no_longer_at_a_place_does_no_longer_work_there() -> None:
    works = told(0, "Ana works at Costa on weekends.", month=1, claim=claim("works_at", "Costa"))
    found = aimed(works, "Ana is no longer at Costa since May.")

    assert found is not None
    assert found.claim == claim("works_at", "Costa", negated=True)


def test_only_the_claim_itself_is_over() -> None:
    studies = claim("studies_at", "University of Glasgow")
    student = told(0, "Ana is studying biology in Glasgow.", month=1, claim=studies)

    assert aimed(student, "Ana no longer studies biology.") is None


def test_an_amount_of_a_thing_takes_the_place_of_the_one_told_otherwise() -> None:
    takes = told(0, "At the moment Ana takes 5 mg of ramipril in the morning.", month=1)
    found = aimed(takes, "Ana's ramipril is 10 mg.", claim("own_ramipril", "10 mg"))

    assert found is not None
    assert found.given == claim("own_ramipril", "5 mg")


def test_where_many_may_be_meant_none_is_over() -> None:
    many = [told(n, f"Ana {verb} the dog.", month=1) for n, verb in
            enumerate(("walks", "feeds", "brushes", "trains"))]  # fmt: skip
    later = told(9, "Ana gave away the dog.", month=6)

    assert list(aims([later], [*many, later])) == []


def test_what_replaced_another_is_replaced_in_its_turn() -> None:
    days = [told(n, f"Ana drinks {n} coffees a day.", month=n) for n in (2, 3, 4)]
    found = list(aims(days, days))

    assert [(aim.earlier, aim.later) for aim in found] == [(2, 3), (3, 4)]
    assert len({aim.claim.predicate for aim in found}) == 1
    assert found[1].given is None


@given(st.permutations(range(4)))
def test_the_order_in_which_statements_stand_makes_no_difference(order: list[int]) -> None:
    said = [
        told(0, "Ana drinks three coffees a day.", month=1),
        told(1, "Ana is down to one coffee a day.", month=3),
        told(2, "Ana trains with the rowing team.", month=2),
        told(3, "Ana dropped out of the team.", month=5),
    ]
    shuffled = [said[n] for n in order]

    assert {(aim.earlier, aim.later) for aim in aims(shuffled, shuffled)} == {(0, 1), (2, 3)}


def test_nothing_ends_what_began_later() -> None:
    later = told(9, "Ana sold the Rover.", month=1)
    rover = told(0, "Ana has a Rover.", month=6)

    assert list(aims([later], [rover, later])) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ana has a Rover.", False),
        ("Ana sold the Rover.", True),
        ("Ana weighs 86 kilos.", True),
        ("Ana works from home now.", True),
        ("Ana drank two coffees.", False),
    ],
)
def test_only_some_statements_change_anything(text: str, *, expected: bool) -> None:
    assert is_changing(told(0, text, month=1, lasts=False)) is expected
