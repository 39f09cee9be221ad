"""Ranking: the same candidates get the same order, whatever order they came in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.candidates import candidates
from retrieval.ranking import STAGES, Ranking, rank
from retrieval.recall import _learned
from retrieval.rerank import MODEL
from stores.ids import SpaceId, TenantId
from stores.records import Learned, Space
from stores.scope import Scope
from stores.search import Candidate, Found, TermCounts, query_terms
from tests.fixtures.candidates import conversation, found, query, row
from tests.fixtures.records import MOMENT, memory_id

_QUESTION = "Where did Nora buy the green lamp?"
_ROWS = [
    *conversation("Where did you get that green lamp?", "At the market in Ghent", "Nice"),
    row(4, "I bought a green lamp", speaker="Nora", cosine=0.5),
    row(5, "Nora bought a lamp in Ghent", speaker="Nora", source=4, cosine=0.7),
    row(6, "Nora bought a green lamp in Ghent", speaker="Nora", source=4, cosine=0.8),
    row(7, "I bought soup", speaker="Paul", cosine=0.2),
    row(8, "The weather is fine", cosine=0.1),
    row(9, "The weather is fine", cosine=0.1),
]


def _rank(
    rows: Sequence[Candidate] = _ROWS,
    question: str = _QUESTION,
    *,
    pools: Mapping[str, Sequence[Found]] | None = None,
    learned: Learned | None = None,
    without: Collection[str] = (),
) -> Ranking:
    made = found(question, rows)
    return rank(made, query(question), pools or {}, learned=learned, without=without)


def _order(ranking: Ranking) -> list[int]:
    return [ranked.members[0].memory_id.int for ranked in ranking.ranked]


def test_every_candidate_is_ranked_once_best_first() -> None:
    ranking = _rank()
    assert sorted(_order(ranking)) == [1, 2, 3, 4, 7, 8, 9]
    scores = [ranked.score for ranked in ranking.ranked]
    assert scores == sorted(scores, reverse=True)
    assert _order(ranking)[0] == 4


@given(st.permutations(range(len(_ROWS))))
def test_the_order_in_which_candidates_come_does_not_matter(order: list[int]) -> None:
    assert _rank([_ROWS[i] for i in order]) == _rank()


@given(st.permutations(range(len(_ROWS))), st.sets(st.sampled_from(STAGES)))
def test_nor_does_it_with_stages_left_out(order: list[int], without: set[str]) -> None:
    rows = [_ROWS[i] for i in order]
    assert _rank(rows, without=without) == _rank(without=without)


def test_ties_go_to_the_older_memory() -> None:
    order = _order(_rank())
    assert order.index(8) + 1 == order.index(9)


def test_a_turn_that_shares_no_word_is_found_by_the_question_before_it() -> None:
    order = _order(_rank())
    assert order.index(2) < order.index(7)
    alone = _order(_rank(without={"contiguity"}))
    assert alone.index(2) > alone.index(7)


def test_without_the_stage_a_turn_stands_alone() -> None:
    names = MODEL.features
    of = {r.members[0].memory_id.int: r.features for r in _rank(without={"contiguity"}).ranked}
    for name in ("window", "answers", "follows"):
        assert {features[names.index(name)] for features in of.values()} == {0.0}


def test_a_channel_lifts_what_it_finds() -> None:
    hit = Found(memory_id(9), 1, 1, 0, 1.0)
    lifted, before = _rank(pools={"tags": [hit]}), _rank()
    assert _order(lifted).index(9) < _order(before).index(9)
    [nine] = [r for r in lifted.ranked if r.members[0].memory_id.int == 9]
    assert nine.places["tags"].rank == 1


def test_trust_tells_equals_apart_and_does_not_touch_the_probability() -> None:
    rows = [r._replace(trust=0.9) if r.memory_id.int == 9 else r for r in _ROWS]
    order = _order(_rank(rows))
    assert order.index(9) < order.index(8)
    of = {r.members[0].memory_id.int: r.probability for r in _rank(rows).ranked}
    assert of[8] == of[9]
    assert _order(_rank(rows, without={"prior"})) == _order(_rank())


def test_what_is_distrusted_and_fits_stays_ahead_of_what_does_not_fit() -> None:
    rows = [
        r._replace(trust=0.0, tier="archived") if r.memory_id.int in {4, 5, 6} else r for r in _ROWS
    ]
    order = _order(_rank(rows))
    assert order.index(4) < order.index(8)


def test_an_old_memory_is_found_where_the_present_is_asked_for() -> None:
    question = "What is the latest about the green lamp?"
    old = row(1, "The green lamp broke", cosine=0.8, moment=MOMENT - timedelta(days=3000))
    new = row(2, "The weather is fine", cosine=0.1)
    assert _order(_rank([old, new], question)) == [1, 2]


def _believed(*numbers: int) -> dict[str, list[Found]]:
    return {"belief": [Found(memory_id(number), 1, 1, 0, 1.0) for number in numbers]}


def test_what_is_believed_leads_and_is_shown_itself() -> None:
    rows = [*_ROWS, row(10, "Nora lives in Bruges", speaker="Nora", source=8, cosine=0.1),
            row(11, "Nora works in Bruges", speaker="Nora", source=8, cosine=0.1)]  # fmt: skip
    assert _rank(rows).ranked[0].face.memory_id == memory_id(6)
    best = _rank(rows, pools=_believed(11, 10)).ranked[0]
    assert [m.memory_id.int for m in best.members] == [8, 10, 11]
    assert best.face.memory_id == memory_id(11)


def test_what_is_believed_says_nothing_against_the_others() -> None:
    plain, with_belief = _rank(), _rank(pools=_believed(8))
    before = {r.face.memory_id: r.probability for r in plain.ranked}
    after = {r.face.memory_id: r.probability for r in with_belief.ranked}
    assert after.pop(memory_id(8)) > before.pop(memory_id(8))
    assert after == before


def test_without_the_learned_ranking_meaning_and_words_decide() -> None:
    rows = [row(1, "a lamp", cosine=0.1), row(2, "soup", cosine=0.9), row(3, "green lamp")]
    plain = {"rerank", "prior"}
    ranking = _rank(rows, without=plain)
    for ranked in ranking.ranked:
        of = dict(zip(MODEL.features, ranked.features, strict=True))
        assert ranked.score == pytest.approx(of["words"] + of["meaning"] + of["support"])


def test_a_space_ranks_by_what_it_learned() -> None:
    voice = MODEL.features.index("asks")
    weights = [0.0] * len(MODEL.features)
    weights[voice] = 20.0
    learned = Learned(version=1, base=MODEL.name, weights=tuple(weights))
    assert _order(_rank(learned=learned))[0] == 1
    assert _rank(learned=replace(learned, base="another")) == _rank()
    assert _order(_rank(learned=learned, without={"rerank"})) == _order(_rank(without={"rerank"}))


def _space(number: int, learned: Learned | None) -> Space:
    return Space(
        id=SpaceId(UUID(int=number)), name=f"space-{number}", policies={}, created_at=MOMENT,
        learned=learned,
    )  # fmt: skip


def test_what_one_space_learned_counts_there_and_not_beside_another() -> None:
    learned = Learned(version=1, base=MODEL.name, weights=MODEL.unchanged)
    one, other = _space(1, learned), _space(2, learned)
    tenant = TenantId(UUID(int=7))
    assert _learned(Scope(tenant=tenant, spaces=(one,))) is learned
    assert _learned(Scope(tenant=tenant, spaces=(one, other))) is None
    assert _learned(Scope(tenant=tenant, spaces=(_space(3, None),))) is None


def test_the_words_a_hit_shares_are_those_it_holds() -> None:
    of = {r.members[0].memory_id.int: r.shared for r in _rank().ranked}
    assert of[4] == ("green", "lamp")
    assert of[8] == ()


def test_features_are_named_by_the_model() -> None:
    assert all(len(ranked.features) == len(MODEL.features) for ranked in _rank().ranked)
    assert all(np.isfinite(ranked.features).all() for ranked in _rank().ranked)


def test_nothing_ranks_where_nothing_was_found() -> None:
    nothing = TermCounts(parts=0, mean_length=1.0, counts=(0, 0, 0, 0), labelled=False)
    terms = query_terms(_QUESTION)
    ranking = rank(
        candidates([], _QUESTION, terms, (nothing,)), query(_QUESTION), {}, learned=None, without=()
    )
    assert (ranking.ranked, ranking.nothing_fits, ranking.of_somebody_else) == ((), True, False)
