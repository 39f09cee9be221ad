"""Invents months of talk: people, facts that change at known times, small talk, other people.

All of it follows from a seed, so that two runs replay the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from memory_service.simulation.records import Question, Told, Workload

#: The first morning of every invented life.
START = datetime(2025, 1, 1, 7, tzinfo=UTC)
_DAY = timedelta(days=1)
#: A fact lasts so many days on average, and is told again so often in passing.
_LASTS_DAYS, _TOLD_AGAIN = 60.0, 0.3
_TURNS_OF_SESSION = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class _Slot:
    """Something about a person that has one value at a time."""

    question: str
    first: str
    changed: str
    again: str
    values: tuple[str, ...]


_PEOPLE = ("Ana", "Bruno", "Chidi", "Dalia", "Emil", "Farah", "Goran", "Hilde")
_SLOTS = (
    _Slot(
        question="Where does {who} live?",
        first="I live in {value}.",
        changed="I moved to {value} last week, so I live in {value} now.",
        again="It was raining in {value} again, and I live there.",
        values=("Leeds", "Ghent", "Porto", "Oslo", "Graz", "Turin", "Cork", "Lund"),
    ),
    _Slot(
        question="Where does {who} work?",
        first="I work at the {value}.",
        changed="I quit my old job. Now I work at the {value}.",
        again="I work at the {value}, as you know, and Monday was long.",
        values=("aquarium", "city library", "tax office", "bakery", "observatory", "shipyard"),
    ),
    _Slot(
        question="What does {who} drive?",
        first="I drive a {value}.",
        changed="I sold the old car. I drive a {value} now.",
        again="My {value} is at the garage; I drive it too much.",
        values=("Skoda", "Volvo", "Fiat", "Renault", "Toyota", "Mazda"),
    ),
    _Slot(
        question="Which instrument does {who} play?",
        first="I play the {value}.",
        changed="I gave up the old instrument. I play the {value} now.",
        again="I play the {value} in the evenings when the neighbours are out.",
        values=("oboe", "cello", "banjo", "harp", "trumpet", "accordion"),
    ),
    _Slot(
        question="What is {who}'s favourite food?",
        first="My favourite food is {value}.",
        changed="My favourite food is {value} now, I cannot stand the other any more.",
        again="We had {value}, my favourite food, at last.",
        values=("ramen", "paella", "pierogi", "falafel", "lasagne", "dumplings"),
    ),
    _Slot(
        question="Which pet does {who} have?",
        first="I have a {value}.",
        changed="We gave the other pet to my aunt. I have a {value} now.",
        again="I have a {value}, and it slept on the sofa all day.",
        values=("greyhound", "tortoise", "parrot", "hamster", "tabby cat", "goldfish"),
    ),
)
_SMALL_TALK = (
    "Good morning! How are you today?", "Not too bad, thanks, and you?", "Did you sleep well?",
    "The weather is awful again.", "At least it is not snowing.", "See you later then.",
    "That sounds lovely.", "Ha, that made me laugh.", "I am so tired.", "Same here, honestly.",
    "Shall we talk tomorrow?", "Sure, any time.", "Thanks for asking.", "No worries at all.",
    "The bus was late.", "I had soup for lunch.", "Is it Friday yet?", "I wish it were.",
)  # fmt: skip
_KNOWLEDGE = (
    "Did you know that octopuses have three hearts?", "Copper turns green after some years.",
    "The Danube flows through ten countries.", "Honey does not really go bad.",
    "A marathon is a little over forty-two kilometres.", "Saturn would float in a big enough bath.",
)  # fmt: skip
#: What looks like a fact about the speaker, but is about somebody else.
_OTHERS = (
    "My cousin moved to {place} in spring.", "My brother in law drives a {car}.",
    "A colleague's daughter plays the {instrument}.", "My neighbour has a {pet} that barks at us.",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Invention:
    """How long, how much and how many."""

    days: int
    episodes_per_day: int
    people: int = 3
    seed: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fact:
    """A value that somebody's slot has from one day on, and the days on which that is told."""

    who: str
    slot: _Slot
    value: str
    since: int
    until: int | None
    told_on: tuple[int, ...]

    def line(self, day: int) -> str:
        """What is said of it that day."""
        if day == self.since:
            form = self.slot.first if self.since == 0 else self.slot.changed
        else:
            form = self.slot.again
        return form.format(value=self.value)


def invent(given: Invention) -> Workload:
    """The talk of these people over these days, and all that can be asked of it."""
    facts = [
        fact
        for who in _PEOPLE[: given.people]
        for number, slot in enumerate(_SLOTS)
        for fact in _life(who, slot, given, Random(f"{given.seed}/{who}/{number}"))  # noqa: S311
    ]
    random = Random(given.seed)  # noqa: S311 - a life, not a secret
    told: list[Told] = []
    said: dict[tuple[str, str, int], list[str]] = {}
    for day in range(given.days):
        told += _day(day, facts, given, random, said)
    return Workload(
        name=f"invented-{given.days}d-{given.people}p-{given.seed}",
        told=tuple(told),
        questions=tuple(_questions(facts, said, {t.id: t.at for t in told})),
    )


def _life(who: str, slot: _Slot, given: Invention, random: Random) -> Iterator[_Fact]:
    """One value after the other until the last day, never twice the same in a row."""
    since, value = 0, random.choice(slot.values)
    while since < given.days:
        lasts = max(5, round(random.expovariate(1 / _LASTS_DAYS)))
        until = since + lasts if since + lasts < given.days else None
        last = given.days if until is None else until
        again = [d for d in range(since + 7, last, 7) if random.random() < _TOLD_AGAIN]
        yield _Fact(
            who=who, slot=slot, value=value, since=since, until=until, told_on=(since, *again)
        )
        if until is None:
            return
        since, value = until, random.choice([v for v in slot.values if v != value])


def _day(
    day: int,
    facts: list[_Fact],
    given: Invention,
    random: Random,
    said: dict[tuple[str, str, int], list[str]],
) -> Iterator[Told]:
    """A day's lines, the facts of the day among them, in sessions spread over the day."""
    lines: list[tuple[str, str, _Fact | None]] = [
        (fact.who, fact.line(day), fact) for fact in facts if day in fact.told_on
    ]
    while len(lines) < given.episodes_per_day:
        who = random.choice(_PEOPLE[: given.people])
        lines.append((who, _noise(random), None))
    random.shuffle(lines)
    sessions = max(1, -(-len(lines) // _TURNS_OF_SESSION))
    for number, (who, text, fact) in enumerate(lines):
        session, turn = divmod(number, _TURNS_OF_SESSION)
        at = START + day * _DAY + timedelta(hours=14 * session / sessions, seconds=30 * turn)
        told = Told(id=f"d{day}-{number}", at=at, session=f"d{day}-s{session}", speaker=who,
                    text=text)  # fmt: skip
        if fact is not None:
            said.setdefault((fact.who, fact.slot.question, fact.since), []).append(told.id)
        yield told


def _noise(random: Random) -> str:
    kind = random.random()
    if kind < 0.8:
        return random.choice(_SMALL_TALK)
    if kind < 0.9:
        return random.choice(_KNOWLEDGE)
    return random.choice(_OTHERS).format(
        place=random.choice(_SLOTS[0].values),
        car=random.choice(_SLOTS[2].values),
        instrument=random.choice(_SLOTS[3].values),
        pet=random.choice(_SLOTS[5].values),
    )


def _questions(
    facts: list[_Fact],
    said: Mapping[tuple[str, str, int], list[str]],
    times: Mapping[str, datetime],
) -> Iterator[Question]:
    """One per value; it has another answer from the time on at which the next one is told."""
    for fact in facts:
        ids = said[fact.who, fact.slot.question, fact.since]
        after = said.get((fact.who, fact.slot.question, fact.until or -1), [])
        before = [
            told for other in facts
            if (other.who, other.slot) == (fact.who, fact.slot) and other.since < fact.since
            for told in said[other.who, other.slot.question, other.since]
        ]  # fmt: skip
        yield Question(
            text=fact.slot.question.format(who=fact.who),
            needed=(frozenset(ids),),
            since=times[ids[0]],
            until=times[after[0]] if after else None,
            outdated=frozenset(before),
        )
