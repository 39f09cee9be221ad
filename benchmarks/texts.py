"""A deterministic stream of conversation turns, varied enough to be worth embedding."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

TURNS_PER_SESSION = 20
_START = datetime(2024, 1, 1, 8, tzinfo=UTC)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PEOPLE = _words("Ada Bruno Chen Dara Elif Femi Grace Hugo Ines Jonas Kim Lena Mateo Nora Omar Pia")
_PLACES = _words("""
    Lisbon Oslo Kyoto Ghent Lima Tartu Accra Turin Porto Hanoi Cork Riga Quito Leeds Bergen Dakar
""")
_THINGS = _words("""
    bicycle cello telescope greenhouse novel sailing-boat marathon podcast bakery garden recipe
    apartment contract thesis workshop camera sourdough festival puppy piano ceramics migraine
    passport interview lawsuit vineyard choir kayak
""")
_VERBS = _words("""
    bought sold repaired finished cancelled planned lost found inherited painted started borrowed
    discussed forgot photographed moved
""")
_FRAMES = (
    "{speaker} here: last {day} I {verb} the {thing} in {place}, and {person} said it was {mood}.",
    "Honestly, since {person} {verb} that {thing} near {place} I am {mood} about the {other}.",
    "Do you remember when we {verb} the {thing} with {person}? It was in {place} on a {day}.",
    "My sister {person} works in {place} now; she {verb} a {thing} and feels {mood} about it.",
    "The doctor in {place} told me that the {thing} was fine, so I {verb} the {other} this {day}.",
    "We should ask {person} about the {other}; the {thing} they {verb} in {place} cost {number}.",
)
_DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_MOODS = _words("thrilled anxious relieved curious furious proud puzzled calm exhausted hopeful")
_SYLLABLES = _words("ba ko mi ru ta ne so li va du fe go pa shi wo zu")


def rare_word(number: int) -> str:
    """A word that no other turn contains."""
    digits = []
    rest = number + 4096
    while rest:
        rest, digit = divmod(rest, 16)
        digits.append(_SYLLABLES[digit])
    return "".join(digits).capitalize()


def turn(number: int, seed: int = 0) -> str:
    """The text of one turn: some twenty words, one of them its own."""
    chance = random.Random(f"{seed}/{number}")  # noqa: S311 - texts, not secrets
    thing, other = chance.sample(_THINGS, 2)
    return (
        chance.choice(_FRAMES).format(
            speaker=speaker(number),
            person=chance.choice(_PEOPLE),
            place=chance.choice(_PLACES),
            thing=thing,
            other=other,
            verb=chance.choice(_VERBS),
            day=chance.choice(_DAYS),
            mood=chance.choice(_MOODS),
            number=chance.randrange(10, 5000),
        )
        + f" They call it {rare_word(number)}."
    )


def speaker(number: int) -> str:
    """Two people take turns in a session."""
    session = number // TURNS_PER_SESSION
    return _PEOPLE[(session + number % 2) % len(_PEOPLE)]


def occurred_at(number: int) -> datetime:
    """Turns follow each other every few minutes."""
    return _START + timedelta(minutes=7 * number)


def as_embedded(number: int) -> str:
    """The turn with its date and speaker, which is what the service embeds."""
    day = occurred_at(number)
    return f"[{day.day} {day:%B %Y}] {speaker(number)}: {turn(number)}"


def episode(number: int) -> dict[str, Any]:
    """One turn as the service takes it."""
    return {
        "content": turn(number),
        "role": "user",
        "speaker": speaker(number),
        "session_id": f"session-{number // TURNS_PER_SESSION}",
        "external_id": f"turn-{number}",
        "occurred_at": occurred_at(number).isoformat(),
    }


def batches(first: int, end: int, size: int) -> Iterator[list[dict[str, Any]]]:
    """The episodes of a range, so many at a time."""
    for start in range(first, end, size):
        yield [episode(number) for number in range(start, min(start + size, end))]


def question(number: int) -> str:
    """A question about a turn, in other words than its own but for a few."""
    chance = random.Random(f"question/{number}")  # noqa: S311
    return chance.choice((
        "What did {} say about the {} in {}?",
        "When did {} talk of a {} near {}?",
        "Why was {} worried about the {} from {}?",
    )).format(speaker(number), chance.choice(_THINGS), chance.choice(_PLACES))  # fmt: skip
