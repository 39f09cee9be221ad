"""Segmentation: every turn in one event, none across a pause, and subjects told apart."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from consolidation.segment import markers
from consolidation.segment.boundaries import GAP, LEAST, MOST, needs_embeddings, segment
from consolidation.segment.gist import frequencies, gist
from consolidation.segment.turns import Turn

START = datetime(2024, 5, 8, 9, tzinfo=UTC)
Vectors = NDArray[np.float32]


def session(
    texts: Sequence[str] | int,
    *,
    minutes: Sequence[float] | None = None,
    vectors: Vectors | None = None,
    surprises: Sequence[float] | None = None,
) -> list[Turn]:
    """Turns by two speakers, a minute apart unless told otherwise."""
    said = ["Quite so"] * texts if isinstance(texts, int) else texts
    return [
        Turn(
            id=number,
            text=text,
            speaker=("Hana", "Oskar")[number % 2],
            occurred_at=START + timedelta(minutes=number if minutes is None else minutes[number]),
            embedding=None if vectors is None else vectors[number],
            surprise=None if surprises is None else surprises[number],
        )
        for number, text in enumerate(said)
    ]


def subjects(lengths: Sequence[int], seed: int = 0, noise: float = 1.0) -> Vectors:
    """Unit vectors of so many turns on each of several subjects."""
    chance = np.random.default_rng(seed)
    means = chance.normal(size=(len(lengths), 64))
    rows = np.repeat(means, lengths, axis=0)
    rows = rows + noise * chance.normal(size=rows.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def starts(turns: Sequence[Turn]) -> list[int]:
    """Where events begin, the first left out."""
    return [event.start for event in segment(turns)][1:]


def test_no_turns_are_no_events() -> None:
    assert segment([]) == ()


def test_one_turn_is_one_event() -> None:
    assert segment(session(1)) == (range(1),)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("with_vectors", [True, False])
def test_events_partition_a_session_within_limits(seed: int, with_vectors: bool) -> None:
    chance = np.random.default_rng(seed)
    count = int(chance.integers(1, 300))
    words = ["Quite so", "Anyway, the boat", "Hi there", "Bye!", "By the way, rye", "Good night"]
    pauses = chance.choice([0.5, 3.0, 31.0], size=count, p=[0.6, 0.35, 0.05])
    turns = session(
        list(chance.choice(words, size=count, p=[0.8, 0.04, 0.04, 0.04, 0.04, 0.04])),
        minutes=list(np.cumsum(pauses)),
        vectors=subjects(chance.integers(1, 30, size=count), seed)[:count]
        if with_vectors
        else None,
        surprises=list(chance.gamma(4.0, size=count)),
    )
    events = segment(turns)
    assert [number for event in events for number in event] == list(range(count))
    for event in events:
        assert len(event) <= MOST
        for before, after in pairwise(turns[event.start : event.stop]):
            assert after.occurred_at - before.occurred_at <= GAP
        if len(event) < LEAST:
            assert _is_alone(turns, event.start)
    assert segment(turns) == events


def _is_alone(turns: Sequence[Turn], number: int) -> bool:
    """Whether there is a pause, or nothing, on either side of a turn."""
    at = turns[number].occurred_at
    before = number == 0 or at - turns[number - 1].occurred_at > GAP
    after = number + 1 == len(turns) or turns[number + 1].occurred_at - at > GAP
    return before and after


@pytest.mark.parametrize("seed", range(10))
def test_planted_subjects_are_found(seed: int) -> None:
    lengths = np.random.default_rng(seed).integers(5, 30, size=8)
    turns = session(int(lengths.sum()), vectors=subjects(lengths, seed))
    planted = list(np.cumsum(lengths)[:-1])
    found = starts(turns)
    assert len(found) == len(planted)
    assert all(abs(one - other) <= 1 for one, other in zip(found, planted, strict=True))


@pytest.mark.parametrize("seed", range(10))
def test_one_subject_is_one_event(seed: int) -> None:
    assert len(segment(session(30, vectors=subjects([30], seed)))) == 1


def test_a_turn_without_embedding_does_not_hide_a_subject() -> None:
    turns = session(20, vectors=subjects([10, 10]))
    turns[4] = session(5)[4]
    assert starts(turns) == [10]


def test_a_pause_ends_an_event_but_half_an_hour_is_none() -> None:
    assert starts(session(4, minutes=[0, 1, 31, 61.1])) == [3]


@pytest.mark.parametrize(
    ("texts", "begins"),
    [
        (["The mast", "leaks", "Anyway, how is the bread?", "Fine"], [2]),
        (["The mast", "leaks", "Oh, by the way: the bread", "Fine"], [2]),
        (["The mast", "leaks", "Hello again", "Hi", "The bread"], [2]),
        (["The mast", "Bye", "See you", "The bread", "is rye"], [3]),
        (["The mast", "Anyway, the bread", "is rye"], []),
        (["The mast", "leaks", "It leaks anyway", "and hi to Ada"], []),
    ],
)
def test_words_that_begin_or_end_something(texts: list[str], begins: list[int]) -> None:
    assert starts(session(texts)) == begins


def test_a_surprise_begins_an_event_where_meaning_agrees() -> None:
    calm = [3.0, 3.1, 2.9, 3.0, 3.1, 2.9, 3.0, 3.1, 2.9, 3.0, 3.1, 2.9, 3.0, 3.1, 2.9, 3.0]
    surprising = [*calm[:8], 9.0, *calm[9:]]
    assert starts(session(16, surprises=calm)) == []
    assert starts(session(16, surprises=surprising)) == [8]
    # Too weak a change of subject to count alone, a turn before the surprise.
    means = np.array([[1.0, 0.0], [0.8, 0.6]], dtype=np.float32)
    vectors = np.repeat(means, [7, 9], axis=0)
    wandering = np.concatenate([vectors, 2 * np.eye(16, dtype=np.float32)], axis=1)
    wandering /= np.linalg.norm(wandering, axis=1, keepdims=True)
    assert starts(session(16, vectors=wandering)) == []
    assert starts(session(16, vectors=wandering, surprises=surprising)) == [7]


def test_meaning_matters_only_where_a_stretch_can_be_divided() -> None:
    assert not needs_embeddings(session(3))
    assert not needs_embeddings(session(6, minutes=[0, 1, 2, 60, 61, 62]))
    assert needs_embeddings(session(4))


@pytest.mark.parametrize(
    "text",
    ["Anyway, ...", "So anyway", "On another note, rye", "Speaking of boats", "btw rye?",
     "New topic: rye", "That reminds me of Ada", "ok, changing the subject"],
)  # fmt: skip
def test_words_that_turn_to_something_else(text: str) -> None:
    assert markers.turns_topic(text)


@pytest.mark.parametrize("text", ["It floats anyway", "Any way will do", "Speaking is hard", ""])
def test_words_that_do_not(text: str) -> None:
    assert not markers.turns_topic(text)


def test_ten_thousand_turns_take_seconds_at_most() -> None:
    turns = session(10_000, vectors=subjects([16] * 625))
    began = time.process_time()
    assert len(segment(turns)) > 400
    assert time.process_time() - began < 5


def test_a_gist_names_what_an_event_is_about() -> None:
    bread = session([
        "Guess what, Freya Lindqvist gave me her sourdough starter!",
        "Wow, that is so nice",
        "The sourdough starter from Freya needs rye flour every morning",
        "Really?",
        "Rye flour and water, or the starter dies",
    ])  # fmt: skip
    known = frequencies([*(turn.text for turn in bread), "Wow, the mast", "Really, water below"])
    title, *told = gist(bread, known).splitlines()
    assert {"freya", "starter", "rye"} <= set(title.casefold().split(", "))
    assert "Hana" not in title
    assert "Hana: The sourdough starter from Freya needs rye flour every morning" in told
    assert len(told) == 2
    assert gist(bread, known) == gist(bread, known)


def test_words_of_the_whole_session_make_no_title() -> None:
    texts = ["The boat has a mast of spruce", "The boat has a hull with epoxy below the rudder"]
    known = frequencies([*texts, *["The boat is wet"] * 40])
    title = gist(session(texts), known).splitlines()[0]
    assert title == "Mast, spruce, hull, epoxy, rudder"


@pytest.mark.parametrize("text", ["", "!!!", "ok", "我昨天去了北京的一家书店。", "x" * 2000])
def test_any_text_has_a_gist(text: str) -> None:
    event = session([text])
    made = gist(event, frequencies([text]))
    assert len(made) < 800
    assert made or not text.strip()
