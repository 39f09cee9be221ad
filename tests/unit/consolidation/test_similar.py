"""How near texts differ: by a number, a date, a name, a negation, a reservation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidation.similar import Difference, Verdict, dates, differences, duplicate, numbers

NUMBER, DATE, NEGATION = Difference.NUMBER, Difference.DATE, Difference.NEGATION
NAME, QUALIFIER = Difference.NAME, Difference.QUALIFIER


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        ("Caroline ran 5 km.", "Caroline ran five km.", set()),
        ("Caroline ran 5 km.", "Caroline ran 7 km.", {NUMBER}),
        ("It costs 1,000 euros.", "It costs 1000 euros.", set()),
        ("It costs 1.50 euros.", "It costs 150 euros.", {NUMBER}),
        ("The first phase.", "The second phase.", {NUMBER}),
        ("Rocky II was fun.", "Rocky III was fun.", {NUMBER}),
        ("She came on 3 May.", "She came on May 3rd.", set()),
        ("She came in March.", "She came in April.", {DATE}),
        ("She comes on Monday.", "She comes on Tuesday.", {DATE}),
        ("She may come.", "She comes.", {QUALIFIER}),
        ("Anna likes tea.", "Anna doesn't like tea.", {NEGATION}),
        ("Anna does not like tea.", "Anna doesn’t like tea.", set()),
        ("Anna works at Acme.", "Anna no longer works at Acme.", {NEGATION}),
        ("Anna is a nurse.", "Anna is a former nurse.", {NEGATION}),
        ("Anna likes tea.", "Melanie likes tea.", {NAME}),
        ("She met Anna in Rome.", "She met Anna in Paris.", {NAME}),
        ("The dog likes tea.", "A dog likes tea.", set()),
        ("Anna's dog is old.", "The dog of Anna is old.", set()),
        ("Anna always drinks tea.", "Anna sometimes drinks tea.", {QUALIFIER}),
        ("Anna drinks tea.", "Anna drinks only tea.", {QUALIFIER}),
    ],
)
def test_in_what_texts_differ(a: str, b: str, apart: set[Difference]) -> None:
    assert differences(a, b) == apart
    assert differences(b, a) == apart


@pytest.mark.parametrize(
    ("a", "b", "cosine", "verdict"),
    [
        ("Anna has a dog.", "Anna has a dog!", 0.2, Verdict.NOOP),
        ("Anna has a dog.", "Anna owns a dog.", 0.96, Verdict.NOOP),
        ("Anna has a dog.", "Anna owns a dog.", 0.9, Verdict.UNCLEAR),
        ("Anna has a dog.", "Anna owns a dog.", 0.7, Verdict.DISTINCT),
        ("Anna ran 5 km.", "Anna ran 6 km.", 0.99, Verdict.DISTINCT),
        ("Anna ran on Monday.", "Anna ran on Friday.", 0.99, Verdict.DISTINCT),
        ("Anna likes Rome.", "Anna likes Paris.", 0.97, Verdict.DISTINCT),
        ("Anna has a dog.", "Anna has no dog.", 0.97, Verdict.UNCLEAR),
        ("Anna often runs.", "Anna rarely runs.", 0.97, Verdict.UNCLEAR),
    ],
)
def test_what_is_a_duplicate(a: str, b: str, cosine: float, verdict: Verdict) -> None:
    assert duplicate(a, b, cosine) is verdict
    assert duplicate(b, a, cosine) is verdict


def test_numbers_in_digits() -> None:
    assert numbers("Two of the 12 men, thirty and 030, Henry VIII") == {
        "2": 1, "12": 1, "30": 2, "8": 1,
    }  # fmt: skip


def test_words_of_time() -> None:
    assert dates("Last May, and on Sept 3 a Friday") == {"last", "may", "sep", "friday"}
    assert dates("You may go") == set()


@given(st.text(), st.text(), st.floats(-1, 1))
def test_a_text_is_its_own_duplicate_and_order_does_not_matter(
    a: str, b: str, cosine: float
) -> None:
    assert duplicate(a, a, cosine) is Verdict.NOOP
    assert differences(a, a) == set()
    assert duplicate(a, b, cosine) is duplicate(b, a, cosine)
