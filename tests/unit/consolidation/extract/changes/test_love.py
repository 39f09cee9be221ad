"""Whom somebody loves, has married or has left."""

from __future__ import annotations

import pytest

from tests.unit.consolidation.extract.changes.reading import values


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I'm dating Tom.", {"Tom"}),
        ("I'm seeing Tom.", {"Tom"}),
        ("I'm going out with Tom.", {"Tom"}),
        ("I'm in a relationship with Tom.", {"Tom"}),
        ("I've started seeing Tom.", {"Tom"}),
        ("I started dating Tom.", {"Tom"}),
        ("Tom and I are together now.", {"Tom"}),
        ("Tom and I are dating.", {"Tom"}),
        ("Tom and I got engaged.", {"Tom"}),
        ("I got engaged to Tom.", {"Tom"}),
        ("I got back together with Tom.", {"Tom"}),
        ("My boyfriend is called Tom.", {"Tom"}),
        ("My boyfriend Tom is a chef.", {"Tom"}),
        ("My new girlfriend is Anna.", {"Anna"}),
        ("My girlfriend's name is Anna.", {"Anna"}),
        ("I have a new boyfriend called Tom.", {"Tom"}),
        ("I have a new girlfriend, Anna.", {"Anna"}),
        ("Tom is my boyfriend.", {"Tom"}),
        ("Tom is my new partner.", {"Tom"}),
        ("I broke up with Tom.", {"not Tom"}),
        ("I've split up with Tom.", {"not Tom"}),
        ("Tom broke up with me.", {"not Tom"}),
        ("Tom left me.", {"not Tom"}),
        ("Tom dumped me.", {"not Tom"}),
        ("I dumped Tom.", {"not Tom"}),
        ("I ended things with Tom.", {"not Tom"}),
        ("Tom and I broke up.", {"not Tom"}),
        ("Tom and I have split up.", {"not Tom"}),
        ("Tom and I aren't together anymore.", {"not Tom"}),
        ("Tom and I are no longer together.", {"not Tom"}),
        ("I'm not with Tom anymore.", {"not Tom"}),
        ("I'm no longer with Tom.", {"not Tom"}),
        ("I'm no longer dating Tom.", {"not Tom"}),
        ("It's over between Tom and me.", {"not Tom"}),
        ("Things ended with Tom.", {"not Tom"}),
        ("Tom is my ex now.", {"not Tom"}),
        ("Tom and I called it quits.", {"not Tom"}),
        ("We broke up, Tom and I.", {"not Tom"}),
        ("My ex Tom called.", {"not Tom"}),
        ("My brother is dating Anna.", {"Caroline's brother: Anna"}),
        ("My sister broke up with Tom.", {"Caroline's sister: not Tom"}),
        ("Broke up with Tom.", {"not Tom"}),
        ("Dating Tom now.", {"Tom"}),
        ("I've got a new girlfriend called Mia.", {"Mia"}),
        ("I've been seeing Mia since June.", {"Mia"}),
        ("Mia and I are officially a couple.", {"Mia"}),
        ("Mia and I have broken up.", {"not Mia"}),
        ("Mia and I aren't dating anymore.", {"not Mia"}),
        ("I ended it with Mia last week.", {"not Mia"}),
        ("I'm not seeing Mia anymore.", {"not Mia"}),
        ("Mia dumped me on Sunday.", {"not Mia"}),
    ],
)
def test_partner(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "partner") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Tom asked me to marry him and I said yes.",
        "I'm seeing Tom on Friday.",
        "I'm seeing Tom for lunch tomorrow.",
        "I'm going out with Tom for dinner tonight.",
        "I'd date Tom.",
        "I had a date with Tom.",
        "I like Tom.",
        "I think Tom broke up with Anna.",
        "Tom and I are friends.",
        "Tom and I are working together.",
        "If Tom and I broke up I'd cry.",
        "Are Tom and I together?",
        "I left Tom at the airport.",
        "Tom left me a note.",
        "Got home with Tom.",
        "I'm with Mia now.",
        "I finally left Mia.",
        "I'm having lunch with Mia.",
        "Mia and I went climbing.",
    ],
)
def test_partner_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "partner") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I'm married to Tom.", {"Tom"}),
        ("I got married to Tom in June.", {"Tom"}),
        ("I married Tom.", {"Tom"}),
        ("Tom and I got married.", {"Tom"}),
        ("Tom and I are married.", {"Tom"}),
        ("Tom and I tied the knot in June.", {"Tom"}),
        ("Tom and I eloped.", {"Tom"}),
        ("My husband Tom is a chef.", {"Tom"}),
        ("My husband is called Tom.", {"Tom"}),
        ("Tom is my husband now.", {"Tom"}),
        ("My wife's name is Anna.", {"Anna"}),
        ("I divorced Tom.", {"not Tom"}),
        ("Tom and I got divorced.", {"not Tom"}),
        ("Tom and I are divorced.", {"not Tom"}),
        ("Tom is my ex-husband.", {"not Tom"}),
        ("I'm no longer married to Tom.", {"not Tom"}),
        ("My sister married Tom.", {"Caroline's sister: Tom"}),
    ],
)
def test_married_to(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "married_to") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Tom and I are getting divorced.",
        "Tom and I separated.",
        "I'd marry Tom.",
        "I want to marry Tom.",
        "Tom is married to his work.",
        "Will you marry Tom?",
        "I'm at the wedding of Tom.",
        "Tom married Anna's sister I heard.",
    ],
)
def test_married_to_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "married_to") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I'm single again.", {"single"}),
        ("I'm single now.", {"single"}),
        ("I'm divorced.", {"divorced"}),
        ("I got divorced last year.", {"divorced"}),
        ("I've been divorced since 2020.", {"divorced"}),
        ("My divorce is final.", {"divorced"}),
        ("My divorce came through.", {"divorced"}),
        ("I'm engaged!", {"engaged"}),
        ("We got engaged on Saturday.", {"engaged"}),
        ("We got married in June.", {"married"}),
        ("We tied the knot in June.", {"married"}),
        ("I'm newly single.", {"single"}),
        ("I'm recently separated.", {"separated"}),
        ("I'm widowed.", {"widowed"}),
        ("We separated in May.", {"separated"}),
        ("We're married now.", {"married"}),
        ("I got married!", {"married"}),
        ("I'm not married.", {"not married"}),
        ("I'm no longer single.", {"not single"}),
        ("My brother got divorced.", {"Caroline's brother: divorced"}),
        ("My sister is engaged now.", {"Caroline's sister: engaged"}),
        ("I'm officially divorced.", {"divorced"}),
        ("We've separated.", {"separated"}),
        ("I got engaged last night!", {"engaged"}),
        ("I've been single since March.", {"single"}),
    ],
)
def test_relationship_status(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "relationship_status") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I'm a single mum now.",
        "We might get married.",
        "We're getting married in June.",
        "I want to get married.",
        "Every single day I run.",
        "I booked a single room.",
        "If we got divorced I'd move.",
        "The line is engaged.",
        "My friend says I should get divorced.",
    ],
)
def test_relationship_status_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "relationship_status") == set()
