"""Whether anything fits, and whether it is of the one who is asked about."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.features import matrix
from retrieval.relevance import DISTANT, UNRELATED, nothing_fits, of_somebody_else
from retrieval.rerank import MODEL
from stores.search import Candidate
from tests.fixtures.candidates import asked, conversation, found, row

_QUESTION = "green lamp garden violin soup train boat house street city"


def _nothing_fits(*rows: Candidate, question: str = _QUESTION) -> bool:
    made = found(question, rows)
    return nothing_fits(made, np.arange(len(made)))


@pytest.mark.parametrize(
    ("cosine", "said", "expected"),
    [
        # Without a model words decide: one of ten is too little.
        (None, "weather", True),
        (None, "lamp", True),
        (None, "green lamp", False),
        # With one, what is unrelated does not fit, however many words it shares …
        (UNRELATED - 0.01, "weather", True),
        (UNRELATED - 0.01, "green lamp garden", True),
        # … what is distant fits if it shares some …
        (UNRELATED, "weather", True),
        (UNRELATED, "lamp", True),
        (UNRELATED, "green lamp", False),
        (DISTANT - 0.01, "green lamp", False),
        # … and what is near fits.
        (DISTANT, "weather", False),
        (0.9, "weather", False),
        # Who says every word of the question is right, whatever a model makes of it.
        (0.01, _QUESTION, False),
        (None, _QUESTION, False),
    ],
)
def test_nothing_fits_where_neither_meaning_nor_words_do(
    cosine: float | None, said: str, *, expected: bool
) -> None:
    assert _nothing_fits(row(1, said, cosine=cosine), row(2, "weather")) is expected


def test_one_that_fits_is_enough() -> None:
    assert not _nothing_fits(row(1, "weather", cosine=0.1), row(2, "weather", cosine=0.5))


def test_of_nothing_nothing_fits() -> None:
    assert nothing_fits(found("lamp", [row(1, "lamp")]), np.zeros(0, dtype=np.intp))


def test_only_the_best_are_judged() -> None:
    made = found(_QUESTION, [row(1, "weather", cosine=0.1), row(2, "weather", cosine=0.9)])
    assert nothing_fits(made, np.array([0]))
    assert not nothing_fits(made, np.array([0, 1]))


def test_a_question_of_stop_words_fits_by_meaning_or_not_at_all() -> None:
    assert _nothing_fits(row(1, "lamp"), question="what is it")
    assert _nothing_fits(row(1, "lamp", cosine=0.3), question="what is it")
    assert not _nothing_fits(row(1, "lamp", cosine=0.5), question="what is it")


_PUPPY = "I adopted a puppy from the shelter and called it Biscuit"
_ASKED = "What is the name of the puppy that Nora adopted from the shelter?"


def _turns(nora: str, paul: str, *, near: float = 0.2) -> list[Candidate]:
    [first] = conversation(nora, start=1, session="a", speaker="Nora")
    [second] = conversation(paul, start=2, session="b", speaker="Paul")
    cosines = [0.8 if said == _PUPPY else near for said in (nora, paul)]
    return [first._replace(cosine=cosines[0]), second._replace(cosine=cosines[1])]


@pytest.mark.parametrize(
    ("rows", "question", "expected"),
    [
        (_turns("The weather is fine", _PUPPY), _ASKED, True),
        (_turns(_PUPPY, "The weather is fine"), _ASKED, False),
        (_turns(_PUPPY, _PUPPY), _ASKED, False),
        # Nobody is named, or nobody else speaks: there is no other person.
        (_turns("The weather is fine", _PUPPY), _ASKED.replace("Nora", "she"), False),
        (_turns("The weather is fine", _PUPPY), _ASKED.replace("Nora", "Olga"), False),
        (_turns("The weather is fine", _PUPPY)[:1], _ASKED, False),
        (_turns("The weather is fine", _PUPPY), _ASKED.replace("Nora", "Nora or Paul"), False),
    ],
)
def test_what_is_asked_of_one_was_said_by_another(
    rows: list[Candidate], question: str, *, expected: bool
) -> None:
    made = found(question, rows)
    features = matrix(made, asked(question, made), MODEL.features)
    weights = MODEL.weights_with(None)
    assert of_somebody_else(made, features, MODEL, weights) is expected


def test_who_speaks_does_not_decide_whether_it_is_the_right_one() -> None:
    """Features of the speaker would speak for the one who is named, and hide that it is another."""
    made = found(_ASKED, _turns("I am fine", _PUPPY))
    features = matrix(made, asked(_ASKED, made), MODEL.features)
    weights = MODEL.weights_with(None)
    for name in ("speaker", "voice"):
        weights[MODEL.features.index(name)] = 1000.0
    assert of_somebody_else(made, features, MODEL, weights)
