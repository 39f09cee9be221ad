"""Questions in other languages than English find what was said in theirs."""

from __future__ import annotations

import pytest
from httpx import AsyncClient

from tests.fixtures.service import contents, recall, remember

SAID = [
    "Ich habe gestern eine Wohnung in Graz gemietet",
    "Wir waren am Montag beim Zahnarzt",
    "彼女の猫は庭で寝ています",
    "昨日は東京駅の近くで本を買いました",
    "Marco and I bought a boat in Lisbon",
    "The dentist was in a good mood",
]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Welche Wohnungen habe ich gemietet?", 0),
        ("東京で何を買いましたか？", 3),
        ("Was habe ich in Lisbon mit Marco gekauft?", 4),
        ("Who was in a good mood?", 5),
    ],
)
async def test_a_question_finds_by_words_what_was_said_in_its_language(
    client: AsyncClient, space: str, question: str, found: int
) -> None:
    turns = [{"content": said, "occurred_at": "2024-05-01T10:00:00Z"} for said in SAID]
    await remember(client, space, *turns, consolidate=False)

    answer = await recall(client, space, question, explain=True)

    best = answer["hits"][0]
    assert contents(answer)[0] == SAID[found]
    assert best["channels"]["lexical"]["rank"] == 1
