"""Names, numbers and dates of what a model wrote come from what was said, or it is turned away."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidation.extract.llm_item import period_of
from consolidation.extract.llm_numbers import numbers
from consolidation.extract.llm_support import is_dated, is_supported, said_in, together
from consolidation.extract.protocol import Utterance

MONDAY = datetime(2023, 5, 8, 13, 56, tzinfo=UTC)


def said(content: str, speaker: str | None = "Caroline") -> Utterance:
    return Utterance(
        episode_id=UUID(int=1),
        content=content,
        speaker=speaker,
        role="user",
        kind="message",
        occurred_at=MONDAY,
        session_id=None,
    )


@pytest.mark.parametrize(
    ("turn", "text"),
    [
        ("I have two cats.", "Caroline has two cats."),
        ("I have two cats.", "Caroline has 2 cats."),
        ("We are 25 people.", "Caroline's group has twenty-five people."),
        ("We are twenty five people.", "The group of Caroline has 25 people."),
        ("It cost 1,200 euros.", "Caroline paid 1200 euros."),
        ("Two hundred guests came.", "Caroline had 200 guests."),
        ("a couple of dogs", "Caroline has two dogs."),
        ("I run to relax.", "Running relaxes Caroline."),
        ("My sister Anna lives in Oslo.", "Anna, Caroline's sister, lives in Oslo."),
        ("my friend from new york", "Caroline has a friend from New York."),
        ("I met O’Brien.", "Caroline met O'Brien."),
        ("I saw him yesterday.", "Caroline saw him on 7 May 2023."),
        ("I saw him yesterday.", "Caroline saw him in May 2023."),
        ("I saw him yesterday.", "Caroline saw him in 2023."),
        ("I went last week.", "Caroline went in the week of 1 May 2023."),
        ("I went last weekend.", "Caroline went on the weekend of 6 May 2023."),
        ("I was there in 2019.", "Caroline was there in 2019."),
        ("I go next month.", "Caroline's journey of June 2023 is planned."),
        ("I ran at the 2018 games.", "Caroline ran in 2018."),
        ("I start on Friday.", "Caroline starts on 12 May 2023."),
        ("I'm off today.", "On 8 May 2023 Caroline was off."),
        ("Yo vivo en Bogotá.", "Caroline vive en Bogotá."),
        ("I use GPT-4 and k8s.", "Caroline uses GPT-4 and k8s."),
        ("I love it.", "The speaker Caroline loves it. This is an opinion."),
    ],
)
def test_said(turn: str, text: str) -> None:
    assert is_supported(text, said_in(said(turn)))


@pytest.mark.parametrize(
    ("turn", "text"),
    [
        ("I have two cats.", "Caroline has three cats."),
        ("I have cats.", "Caroline has 8 cats."),
        ("We are 25 people.", "Caroline leads fifty people."),
        ("I have two cats.", "Melanie has two cats."),
        ("I live in Lisbon.", "Caroline lives in Lisbon with Melanie."),
        ("I live in Lisbon.", "Caroline lives in Lisbon, Portugal."),
        ("I saw him yesterday.", "Caroline saw him on 1 May 2023."),
        ("I saw him yesterday.", "Caroline saw him in March."),
        ("I saw him in May.", "Caroline saw him on 21 May 2023."),
        ("I was there in 2019.", "Caroline was there in 2018."),
        ("I go next month.", "Caroline's journey of July 2023 is planned."),
        ("I use GPT-4.", "Caroline uses GPT-5."),
        ("I use GPT.", "Caroline uses BERT."),
        ("I love it.", "Caroline loves it. Melanie too."),
    ],
)
def test_not_said(turn: str, text: str) -> None:
    assert not is_supported(text, said_in(said(turn)))


def test_several_turns_support_together() -> None:
    both = together([said_in(said("Anna?", "Tom")), said_in(said("She is in Oslo."))])
    assert is_supported("Tom and Caroline say that Anna is in Oslo.", both)


@pytest.mark.parametrize(
    ("date", "told"),
    [
        ("2019", True),
        ("2023-05-07", True),
        ("2023-05", True),
        ("2019-03", False),
        ("2022", False),
        ("1000", False),
    ],
)
def test_a_date_was_named(date: str, told: object) -> None:
    turn = said_in(said("I moved here in 2019, and yesterday I moved out."))
    assert is_dated(period_of(date), turn) is told


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("twenty-one and 3 and 1,500.5", {"21", "3", "1500.5"}),
        ("two hundred", {"200"}),
        ("a thousand", {"1000"}),
        ("one of them, at first", set()),
        ("the third time, twice", {"3", "2"}),
        ("often someone tends", set()),
        ("9:30", {"9:30"}),
    ],
)
def test_numbers(text: str, counted: set[str]) -> None:
    assert numbers(text) == counted


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_fine(turn: str, text: str) -> None:
    is_supported(text, said_in(said(turn)))


@given(st.text(alphabet="abcdefghij ", max_size=80))
def test_a_turn_supports_itself_in_small_letters(turn: str) -> None:
    assert is_supported(turn, said_in(said(turn)))
