"""Each feature says what its name says, on candidates small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.candidates import Candidates
from retrieval.features import FAR, FEATURES, IN_PASSAGES, NEAR, matrix
from retrieval.rerank import MODEL
from stores.search import Candidate
from tests.fixtures.candidates import asked, conversation, found, row

_WORDS = st.sampled_from(["lamp", "green", "violin", "soup?", "I", "Berlin", "last week", "two"])


def _values(name: str, question: str, rows: list[Candidate]) -> list[float]:
    made = found(question, rows)
    return [float(value) for value in FEATURES[name](made, asked(question, made))]


def test_a_window_adds_the_terms_that_only_the_turns_around_hold() -> None:
    question = "violin lamp"
    rows = conversation("a violin", "soup", "train", "garden", "a lamp", "violin")
    worth = found(question, rows).worth[0]
    violin, lamp = worth if worth[0] < worth[1] else worth[::-1]
    assert _values("window", question, rows) == pytest.approx(
        [
            0,  # a violin itself; the lamp is four turns off
            NEAR * violin,
            FAR * violin + FAR * lamp,
            NEAR * lamp + FAR * violin,
            NEAR * violin,  # the lamp is its own
            NEAR * lamp,
        ]
    )


def test_words_count_less_in_a_passage_of_no_conversation() -> None:
    said, passage = _values("words", "lamp", [row(1, "lamp", speaker="Nora"), row(2, "lamp")])
    assert passage == pytest.approx(IN_PASSAGES * said)


@pytest.mark.parametrize(
    ("text", "feature"), [("for two years", "number"), ("since last year", "date")]
)
def test_how_long_is_answered_by_numbers_and_by_words_for_times(text: str, feature: str) -> None:
    assert _values(feature, "How long has she lived there?", [row(1, text)]) == [1]


def test_a_window_ends_with_the_session() -> None:
    rows = [*conversation("violin", session="s"), *conversation("soup", start=2, session="t")]
    assert _values("window", "violin", rows) == [0, 0]


def test_of_two_neighbours_with_the_same_term_the_nearer_counts_once() -> None:
    rows = conversation("violin", "soup", "violin", "violin")
    assert _values("window", "violin", rows)[1] == pytest.approx(NEAR)


def test_a_session_is_worth_what_its_best_three_are() -> None:
    rows = [
        *conversation("soup", "soup", "soup", "soup", session="s"),
        *conversation("soup", "soup", start=5, session="t"),
        row(7, "soup"),
    ]
    by_number = dict(enumerate([0.9, 0.6, 0.3, 0.0, 0.8, 0.2, 0.7], 1))
    rows = [r._replace(cosine=by_number[r.memory_id.int]) for r in rows]
    assert _values("session", "train", rows) == pytest.approx([0.6, 0.6, 0.6, 0.6, 0.5, 0.5, 0.7])


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("the old red lamp stands here", 2),  # old red, red lamp
        ("red lamp", 1),
        ("a lamp that is red", 0),
        ("red the lamp", 1),  # stop words do not stand between
        ("nothing", 0),
    ],
)
def test_a_phrase_is_words_that_stand_together(text: str, pairs: int) -> None:
    rows = [row(1, "soup"), row(2, text), row(3, "old"), row(4, "red")]
    assert _values("phrase", "Where is my old red lamp?", rows)[1] == pytest.approx(pairs / 3)


def test_a_phrase_does_not_run_from_one_text_into_the_next() -> None:
    assert _values("phrase", "red lamp", [row(1, "old red"), row(2, "lamp")]) == [0, 0]


def test_more_than_three_pairs_say_no_more() -> None:
    text = "old red lamp green violin soup"
    assert _values("phrase", text, [row(1, text)]) == [1]


def test_what_follows_a_question_that_fits_by_meaning_follows() -> None:
    rows = [
        *conversation("Which city?", "Ghent", session="s"),
        *conversation("It rains", "Indeed", start=3, session="t"),
    ]
    cosines = dict(enumerate([0.8, 0.1, 0.8, 0.2], 1))
    rows = [r._replace(cosine=cosines[r.memory_id.int]) for r in rows]
    assert _values("follows", "city", rows) == pytest.approx([0, 1, 0, 0])


def test_an_answer_stands_behind_a_turn_that_ends_asking_with_the_same_words() -> None:
    rows = conversation("What colour is the lamp?", "Green", "Is the lamp old? Well.", "Yes indeed")
    values = _values("answers", "colour of the lamp", rows)
    bm25 = _values("words", "colour of the lamp", rows)
    assert values == pytest.approx([0, bm25[0], 0, 0])


@pytest.mark.parametrize(
    ("feature", "question", "other", "text"),
    [
        ("place", "Where does she live?", "When did she move?", "She moved to Berlin near Potsdam"),
        ("person", "Who is her teacher?", "When did she move?", "Her teacher is Anna Berg"),
        ("number", "How many cats has she?", "Where is she?", "She has two cats"),
        ("date", "When did she move?", "Where does she live?", "She moved last week"),
        ("dated", "When did she move?", "Where does she live?", "She moved last week"),
    ],
)
def test_what_would_answer_counts_only_where_it_is_asked_for(
    feature: str, question: str, other: str, text: str
) -> None:
    rows = [row(1, "nothing of the kind"), row(2, text)]
    nothing, answer = _values(feature, question, rows)
    assert nothing == 0
    assert answer > 0
    assert _values(feature, other, rows) == [0, 0]


def test_who_is_named_and_speaks_of_themselves() -> None:
    rows = [
        row(1, "I like soup", speaker="Nora"),
        row(2, "Soup is fine", speaker="Nora"),
        row(3, "I like soup", speaker="Paul"),
    ]
    assert _values("speaker", "What does Nora like?", rows) == [1, 1, 0]
    assert _values("voice", "What does Nora like?", rows) == [1, 0, 0]


def test_a_key_is_worth_what_a_fact_fits_better_than_its_episode() -> None:
    rows = [row(1, "a", cosine=0.25), row(2, "lamp", cosine=0.75, source=1), row(3, "lamp")]
    assert _values("key", "lamp", rows) == [0.5, 0]


def test_without_an_embedding_meaning_says_nothing() -> None:
    rows = conversation("Is it a lamp?", "Yes, a lamp")
    for name in ("meaning", "follows", "key"):
        assert _values(name, "lamp", rows) == [0, 0]


def test_without_candidates_there_is_an_empty_matrix() -> None:
    nothing = found("lamp", [row(1, "lamp")])
    empty = Candidates(**{
        name: getattr(nothing, name)[:0] if name != "signatures" else nothing.signatures
        for name in nothing.__slots__
    })  # fmt: skip
    assert matrix(empty, asked("lamp", empty), MODEL.features).shape == (0, len(MODEL.features))


@given(
    st.lists(st.lists(_WORDS, max_size=8).map(" ".join), min_size=1, max_size=6),
    st.lists(_WORDS, min_size=1, max_size=4).map(" ".join),
    st.data(),
)
def test_every_feature_is_a_finite_number_of_moderate_size(
    texts: list[str], question: str, data: st.DataObject
) -> None:
    cosine = st.one_of(st.none(), st.floats(-1, 1))
    rows = [
        r._replace(cosine=data.draw(cosine), speaker=data.draw(st.sampled_from([None, "Berlin"])))
        for r in conversation(*texts)
    ]
    made = found(question, rows)
    values = matrix(made, asked(question, made), tuple(FEATURES))
    assert values.shape == (len(texts), len(FEATURES))
    assert np.all(np.isfinite(values))
    unbounded = {"length", "meaning", "key", "session"}
    bounded = [name not in unbounded for name in FEATURES]
    assert np.all(values[:, bounded] >= 0)
    assert np.all(values <= 4)


def test_the_model_weighs_only_features_there_are() -> None:
    assert set(MODEL.features) <= set(FEATURES)
