"""How sure a model is with the memory and without, and when that is worth a warning."""

from __future__ import annotations

import json
import math

import pytest

from llm_backend.chat import Completion
from memory_service.answering.confidence import compare, same

QUESTION = "What is the capital of Australia?"


def _said(text: str, *logprobs: float) -> Completion:
    return Completion(
        text=text, finish_reason="stop", prompt_tokens=0, completion_tokens=0, logprobs=logprobs
    )


def _alone(answer: str, *logprobs: float, known: bool = True) -> Completion:
    return _said(json.dumps({"answer": answer, "known": known}), *logprobs)


def test_the_gain_is_the_difference_of_the_means() -> None:
    found = compare(QUESTION, "Canberra", _said("", -0.5, -1.5), _alone("Canberra", -2.0))
    assert found is not None
    assert found.gain == pytest.approx(1.0)
    assert found.with_memory == pytest.approx(math.exp(-1), abs=1e-4)
    assert found.without_memory == pytest.approx(math.exp(-2), abs=1e-4)


@pytest.mark.parametrize(
    ("without", "disagrees"),
    [
        (_alone("Sydney", -0.1), True),
        (_alone("Sydney", -2.0), False),  # Less sure of it than of the memory's.
        (_alone("Canberra", -0.1), False),
        (_alone("The capital of Australia is Canberra.", -0.1), False),
        (_alone("", -0.1, known=False), False),
        (_alone("Sydney", -0.1, known=False), False),
        (_alone("", -0.1), False),
    ],
)
def test_it_disagrees_if_it_is_surer_of_something_else(
    without: Completion, disagrees: bool
) -> None:
    found = compare(QUESTION, "Canberra", _said("", -1.0), without)
    assert found is not None
    assert found.disagrees is disagrees


@pytest.mark.parametrize(
    ("with_memory", "without"),
    [
        (_said(""), _alone("Sydney", -0.1)),
        (_said("", -0.1), _alone("Sydney")),
        (_said("", -0.1), _said("Sydney", -0.1)),
    ],
)
def test_without_figures_or_a_reply_nothing_is_told(
    with_memory: Completion, without: Completion
) -> None:
    assert compare(QUESTION, "Canberra", with_memory, without) is None


def test_what_is_impossible_does_not_make_the_rest_so() -> None:
    found = compare(QUESTION, "Canberra", _said("", -math.inf, 0.0), _alone("Sydney", -0.1))
    assert found is not None
    assert math.isfinite(found.gain)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("On 4 May 2024", "4 May 2024", True),
        ("On 4 May 2024", "2023", False),
        ("Ana's sister Eva", "Eva", True),
        ("Eva", "Marta", False),
    ],
)
def test_answers_are_the_same_by_their_words(one: str, other: str, is_same: bool) -> None:
    assert same("Who or when?", one, other) is is_same
