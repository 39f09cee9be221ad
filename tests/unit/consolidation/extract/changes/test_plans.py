"""What somebody means to do, and no longer does."""

from __future__ import annotations

import pytest

from tests.unit.consolidation.extract.changes.reading import values


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("We're going to Spain in May.", {"go to Spain"}),
        ("I'm going to Spain next month.", {"go to Spain"}),
        ("We're flying to Spain in May.", {"fly to Spain"}),
        ("I plan to visit Rome.", {"visit Rome"}),
        ("I'm planning to visit Rome.", {"visit Rome"}),
        ("I'm planning on visiting Rome.", {"visit Rome"}),
        ("I'm planning a trip to Rome.", {"trip to Rome"}),
        ("We've booked a trip to Rome.", {"trip to Rome"}),
        ("I've decided to move to Berlin.", {"move to Berlin"}),
        ("I decided to go back to school.", {"go back to school"}),
        ("I'm about to start a course.", {"start a course"}),
        ("I intend to run a marathon.", {"run a marathon"}),
        ("Change of plan: we're going to Portugal in June.", {"go to Portugal"}),
        ("Change of plans, we're going to Portugal in June instead.", {"go to Portugal"}),
        ("We're not going to Spain after all.", {"not go to Spain"}),
        ("I'm not going to Spain anymore.", {"not go to Spain"}),
        ("We cancelled the trip to Rome.", {"not trip to Rome"}),
        ("I cancelled my trip to Rome.", {"not trip to Rome"}),
        ("We called off the trip to Rome.", {"not trip to Rome"}),
        ("The trip to Rome is off.", {"not trip to Rome"}),
        ("The trip to Rome has been cancelled.", {"not trip to Rome"}),
        ("The trip to Rome got cancelled.", {"not trip to Rome"}),
        ("I've decided not to move to Berlin.", {"not move to Berlin"}),
        ("I decided against moving to Berlin.", {"not move to Berlin"}),
        ("I'm not moving to Berlin after all.", {"not move to Berlin"}),
        ("I changed my mind about moving to Berlin.", {"not move to Berlin"}),
        ("We won't be going to Spain.", {"not go to Spain"}),
        ("We won't go to Spain after all.", {"not go to Spain"}),
        ("I no longer plan to move to Berlin.", {"not move to Berlin"}),
        ("I gave up on moving to Berlin.", {"not move to Berlin"}),
        ("We scrapped the trip to Rome.", {"not trip to Rome"}),
        ("My brother is moving to Berlin next month.", {"Caroline's brother: move to Berlin"}),
        ("We're going to Greece in July.", {"go to Greece"}),
        ("We've booked a holiday to Greece.", {"holiday to Greece"}),
        ("Our holiday to Greece is cancelled.", {"not holiday to Greece"}),
        ("We're no longer going to Greece.", {"not go to Greece"}),
        ("I've decided not to apply for the course.", {"not apply for the course"}),
        ("I've changed my mind about buying a boat.", {"not buy a boat"}),
        ("I'm not moving to Oslo anymore.", {"not move to Oslo"}),
        ("We had to call off the trip to Greece.", {"not trip to Greece"}),
    ],
)
def test_plans_to(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "plans_to") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I booked flights to Rome for June.",
        "I might go to Spain.",
        "I'd love to go to Spain.",
        "We could go to Spain.",
        "I went to Spain in May.",
        "Should we go to Spain?",
        "I'm going to bed.",
        "I'm going to the shop.",
        "I never planned to move to Berlin.",
        "He says we're going to Spain.",
        "If we go to Spain I'll swim.",
        "I wish we were going to Spain.",
        "I dream of going to Spain.",
        "We're off to Greece in July.",
        "Maybe we go to Greece.",
        "I'm going to the dentist on Monday.",
    ],
)
def test_plans_to_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "plans_to") == set()
