"""What was found stands behind its episode, and knows who is beside it and what its words weigh."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.bm25 import K1, B
from retrieval.candidates import candidates, names_of
from stores.lexical import terms
from stores.search import Candidate, query_terms
from tests.fixtures.candidates import conversation, counted, found, row

_WORDS = ("lamp", "green", "garden", "violin", "soup", "train")
_TEXTS = st.lists(
    st.lists(st.sampled_from(_WORDS), min_size=1, max_size=12).map(" ".join),
    min_size=1,
    max_size=8,
)


def _numbers(rows: tuple[Candidate, ...]) -> list[int]:
    return [r.memory_id.int for r in rows]


def test_a_fact_stands_behind_its_episode() -> None:
    made = found("lamp", [row(7, "a fact", source=2), row(2, "a lamp"), row(1, "a garden")])
    assert _numbers(made.heads) == [1, 2]
    assert [_numbers(members) for members in made.members] == [[1], [2, 7]]
    assert len(made) == 2


def test_a_fact_whose_episode_may_not_be_seen_stands_for_itself() -> None:
    made = found("lamp", [row(7, "a lamp", source=2)])
    assert _numbers(made.heads) == [7]
    assert made.bm25[0] > 0


@pytest.mark.parametrize(
    ("fact", "cosine", "shown"),
    [
        ("the green lamp", 0.9, 2),  # better by words and by meaning
        ("the green lamp", 0.1, 1),
        ("some garden", 0.9, 1),
        ("a lamp", 0.5, 1),  # no better is not better
    ],
)
def test_the_member_shown_is_the_episode_unless_another_fits_better_in_every_way(
    fact: str, cosine: float, shown: int
) -> None:
    rows = [row(1, "a lamp", cosine=0.5), row(2, fact, cosine=cosine, source=1), row(3, "soup")]
    assert found("green lamp", rows).faces[0].memory_id.int == shown


def test_the_key_of_a_group_is_its_best_cosine_and_the_head_keeps_its_own() -> None:
    rows = [row(1, "lamp", cosine=0.2), row(2, "lamp", cosine=0.9, source=1)]
    made = found("lamp", rows)
    assert (made.cosine[0], made.keyed[0]) == (0.2, 0.9)


def test_neighbours_are_chained_from_what_either_says_of_the_other() -> None:
    """Of three turns only the middle one was found; its neighbours know of nobody."""
    rows = [
        row(1, "one", session_id="s"),
        row(2, "two", session_id="s", before=1, after=3),
        row(3, "three", session_id="s"),
        row(4, "elsewhere"),
    ]
    made = found("two", rows)
    nobody = len(made)
    assert list(made.before) == [nobody, 0, 1, nobody]
    assert list(made.after) == [1, 2, nobody, nobody]


def test_a_neighbour_that_was_not_looked_up_is_nobody() -> None:
    made = found("two", [row(2, "two", before=1, after=3)])
    assert list(made.at(np.array([5.0]), made.before, nobody=-1.0)) == [-1.0]


def test_sessions_are_told_apart_by_space_and_those_without_one_are_alone() -> None:
    rows = [
        row(1, "a", session_id="s"),
        row(2, "a", session_id="s"),
        row(3, "a", session_id="t"),
        row(4, "a"),
        row(5, "a"),
    ]
    session = found("a lamp", rows).session
    assert session[0] == session[1]
    assert len(set(session.tolist())) == 4


@pytest.mark.parametrize(
    ("question", "speaker", "named"),
    [
        ("Where does Nora live?", "Nora", True),
        ("Where does Nora live?", "nora berg", True),
        ("Where does Nora live?", "Paul", False),
        ("Where does Nora live?", None, False),
        ("What did Dr. Berg say?", "Dr. Abel", False),
        ("What does the doctor say?", "The Doctor", True),
    ],
)
def test_who_is_named_by_the_question(question: str, speaker: str | None, *, named: bool) -> None:
    assert found(question, [row(1, "a lamp", speaker=speaker)]).named[0] == named


def test_a_turn_is_named_by_who_says_it_not_by_whom_its_facts_are_about() -> None:
    rows = [row(1, "she moved", speaker="Paul"), row(2, "Nora moved", speaker="Nora", source=1)]
    assert not found("Where is Nora?", rows).named[0]
    assert found("Where is Paul?", rows).named[0]


def test_a_passage_is_said_by_nobody_in_no_session() -> None:
    rows = [row(1, "a", speaker="Paul"), row(2, "a", session_id="s"), row(3, "a")]
    assert found("a", rows).said.tolist() == [True, True, False]


def test_titles_are_no_names() -> None:
    assert names_of("Dr. Nora Berg") == {"nora", "berg"}


def _plain_bm25(question: list[str], texts: list[list[str]]) -> list[float]:
    """BM25 written as in the paper, over the idf of a question whose every term occurs."""
    mean = sum(map(len, texts)) / len(texts)
    idf = {}
    for term in question:
        n = sum(term in text for text in texts)
        idf[term] = math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
    scores = []
    for text in texts:
        frequency, score = Counter(text), 0.0
        for term in question:
            norm = K1 * (1 - B + B * len(text) / mean)
            score += idf[term] * frequency[term] * (K1 + 1) / (frequency[term] + norm)
        scores.append(score / sum(idf.values()))
    return scores


@given(_TEXTS, st.sets(st.sampled_from(_WORDS), min_size=1))
def test_bm25_is_that_of_a_plain_implementation(texts: list[str], asked: set[str]) -> None:
    question = " ".join(sorted(asked))
    made = found(question, [row(n, text) for n, text in enumerate(texts, 1)])
    expected = _plain_bm25(query_terms(question), [terms(text) for text in texts])
    assert made.bm25 == pytest.approx(np.array(expected))
    assert np.all(made.bm25 >= 0)
    assert np.all(made.bm25 <= K1 + 1)


@given(_TEXTS, st.sets(st.sampled_from(_WORDS), min_size=1))
def test_what_a_question_s_terms_are_worth_sums_to_one(texts: list[str], asked: set[str]) -> None:
    made = found(" ".join(asked), [row(n, text) for n, text in enumerate(texts, 1)])
    assert made.worth.sum(axis=1) == pytest.approx(np.ones(len(made)))
    assert np.all(made.worth >= 0)


def test_every_term_once_in_a_text_of_mean_length_is_a_bm25_of_one() -> None:
    rows = [row(1, "green lamp"), row(2, "garden soup")]
    assert found("green lamp", rows).bm25 == pytest.approx(np.array([1, 0]))


def test_a_rare_word_is_worth_more_than_a_common_one() -> None:
    rows = [row(1, "green lamp"), row(2, "green soup"), row(3, "green train")]
    [green, lamp] = found("green lamp", rows).worth[0]
    assert lamp > green


@given(st.permutations(range(6)))
def test_the_order_in_which_rows_come_does_not_matter(order: list[int]) -> None:
    rows = [
        *conversation("a lamp", "a green lamp", "soup"),
        row(4, "green", cosine=0.6, source=1),
        row(5, "green lamp lamp", cosine=0.5, source=1),
        row(6, "green lamp", cosine=0.7, source=1),
    ]
    expected, made = found("green lamp", rows), found("green lamp", [rows[i] for i in order])
    assert made.heads == expected.heads
    assert made.members == expected.members
    assert made.faces == expected.faces
    assert list(made.session) == list(expected.session)
    assert list(made.bm25) == list(expected.bm25)


def test_terms_are_counted_in_the_space_a_memory_is_in() -> None:
    """What is rare in one space may be common in another."""
    here, there = [row(1, "lamp")], [row(2, "lamp", space=1), row(3, "soup", space=1)]
    both = (*counted("lamp soup", here), *counted("lamp soup", there))
    made = candidates([*here, *there], "lamp soup", query_terms("lamp soup"), both)
    assert made.worth[0, 0] != pytest.approx(made.worth[1, 0])
    assert list(made.worth[1]) == list(made.worth[2])
