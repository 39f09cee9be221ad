"""Deep recall, the pure parts: names, the bridge, probes, what suffices, and when to stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.channel import Query
from retrieval.deep import bridge
from retrieval.deep.evidence import Anchor, weights_of
from retrieval.deep.names import Name, names_in, titled
from retrieval.deep.prober import NAMES, Lead, Probes, RuleProber, leads, uncovered
from retrieval.deep.sufficiency import (
    COVERED,
    LIKELY,
    SEVERAL,
    Sufficiency,
    coverage,
    expected_gain,
)
from retrieval.fusion import BRIDGE, Place, support
from stores.lexical import terms
from stores.search import Named, TermCounts
from tests.fixtures.candidates import query
from tests.fixtures.records import memory_id


def _name(said: str) -> Name:
    return Name(said=said, terms=tuple(terms(said)))


def _anchor(number: int = 1, *names: str, weight: float = 1.0, **changes: Any) -> Anchor:
    given: dict[str, Any] = {
        "head": memory_id(number), "members": frozenset({memory_id(number)}), "weight": weight,
        "probability": 0.5, "kind": "document", "shared": (), "said": f"hit {number}", "text": "",
        "names": tuple(map(_name, names)), **changes,
    }  # fmt: skip
    return Anchor(**given)


def _named(number: int, holder: int, *, source: int | None = None) -> Named:
    return Named(number, memory_id(holder), 1, 1, 0, None if source is None else memory_id(source))


def _asked(text: str, *counts: int, parts: int = 100) -> Query:
    known = TermCounts(parts=parts, mean_length=5.0, counts=counts, labelled=False)
    return replace(query(text), counts=(known,))


# Names


@pytest.mark.parametrize(
    ("text", "title", "expected"),
    [
        ("We drove over the Golden Gate in June", None, ["Golden Gate"]),
        ("Nobody was there. Rain fell.", None, []),
        ("Rain fell. I like Rain, a band.", None, ["Rain"]),
        ("She studied at the University of Copenhagen.", None, ["University of Copenhagen"]),
        ("It is an island.", "Tenerife", ["Tenerife"]),
        ("I met Dr. Ruiz and her sister.", None, ["Dr. Ruiz"]),
        ("It was led by George T. Solomon", None, ["George T. Solomon"]),
        ("We saw Paul's Bergen pictures", None, ["Paul", "Bergen"]),
        ("In Oslo, Bergen and Voss it rained", None, ["Oslo", "Bergen", "Voss"]),
        ("Örebro is small; I like Örebro", None, ["Örebro"]),
        ("I, A, B", None, []),
        ("The the the", None, []),
        ("", None, []),
    ],
)
def test_names_of_a_text(text: str, title: str | None, expected: list[str]) -> None:
    found = [name.said for name in names_in(text, title)]
    assert [said.removeprefix("In ") for said in found] == expected


@settings(deadline=None)  # The first text waits for the stemmer.
@given(st.text(), st.text() | st.none())
def test_names_have_terms_and_come_once(text: str, title: str | None) -> None:
    found = names_in(text, title)
    assert all(name.terms for name in found)
    assert len({name.terms for name in found}) == len(found)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Tenerife\nAn island.", ("Tenerife", "An island.")),
        ("It rained.\nThen it stopped.", (None, "It rained.\nThen it stopped.")),
        ("Tenerife", (None, "Tenerife")),
        ("Tenerife\n ", (None, "Tenerife\n ")),
        ("", (None, "")),
        ("x" * 101 + "\nAn island", (None, "x" * 101 + "\nAn island")),
    ],
)
def test_a_first_line_that_stands_alone_is_a_title(
    content: str, expected: tuple[str | None, str]
) -> None:
    assert titled(content) == expected


# The bridge


def test_it_leads_from_the_evidence_to_who_shares_a_rare_name() -> None:
    lead = Lead(anchor=_anchor(1, "Golden Gate"), name=_name("Golden Gate"))
    ways = bridge.steps([lead], [_named(0, 1), _named(0, 2)], 100)
    assert set(ways) == {memory_id(2)}
    assert ways[memory_id(2)].found.score == pytest.approx(1.0)
    assert bridge.told(list(ways.values())) == "leads on from hit 1: Golden Gate"


@pytest.mark.parametrize(("holders", "leads_on"), [(1, False), (2, True), (15, True), (16, False)])
def test_a_name_leads_on_if_few_share_it_and_more_than_one(holders: int, leads_on: bool) -> None:
    lead = Lead(anchor=_anchor(1), name=_name("Bergen"))
    # The one that leads may have it in a form that is not found; then it is no holder.
    ways = bridge.steps([lead], [_named(0, 10 + n) for n in range(holders)], 1_000)
    assert bool(ways) is leads_on


def test_what_rests_on_one_episode_counts_once_and_leads_not_to_itself() -> None:
    anchor = _anchor(1, members=frozenset({memory_id(1), memory_id(5)}))
    lead = Lead(anchor=anchor, name=_name("Bergen"))
    alone = [_named(0, 1), _named(0, 5, source=1), _named(0, 6, source=1)]
    assert bridge.steps([lead], alone, 100) == {}
    ways = bridge.steps([lead], [*alone, _named(0, 7), _named(0, 8, source=7)], 100)
    assert set(ways) == {memory_id(7), memory_id(8)}
    assert ways[memory_id(7)].found.score == pytest.approx(1.0)


def test_of_several_ways_the_best_counts() -> None:
    strong = Lead(anchor=_anchor(1, weight=1.0), name=_name("Oslo"))
    weak = Lead(anchor=_anchor(2, weight=0.1), name=_name("Voss"))
    both = [_named(n, m) for n in (0, 1) for m in (1, 2, 3)]
    ways = bridge.steps([weak, strong], both, 100)
    assert ways[memory_id(3)].lead is strong
    later = bridge.steps([weak], [_named(0, 3), _named(0, 4)], 100)
    assert bridge.joined([later, ways])[memory_id(3)].lead is strong
    assert bridge.joined([ways, later])[memory_id(4)].lead is weak


def test_a_turn_of_a_conversation_leads_on_half_as_much() -> None:
    of_talk = Lead(anchor=_anchor(1, kind="message"), name=_name("Oslo"))
    ways = bridge.steps([of_talk], [_named(0, 1), _named(0, 2)], 100)
    assert ways[memory_id(2)].found.score == pytest.approx(bridge.IN_TALK)


_HOLDERS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 30), st.none() | st.integers(1, 30)), max_size=60
)


@given(_HOLDERS, st.lists(st.floats(0, 1), min_size=4, max_size=4), st.integers(0, 10_000))
def test_scores_lie_between_0_and_the_weight_and_the_order_says_nothing(
    holders: list[tuple[int, int, int | None]], weights: list[float], size: int
) -> None:
    asked = [
        Lead(anchor=_anchor(n + 1, weight=weight), name=_name(f"Name{n}"))
        for n, weight in enumerate(weights)
    ]
    found = [_named(n, holder, source=source) for n, holder, source in holders]
    ways = bridge.steps(asked, found, size)
    for memory, step in ways.items():
        assert 0 <= step.found.score <= step.lead.anchor.weight <= 1
        assert memory not in step.lead.anchor.members
    backwards = bridge.steps(asked, found[::-1], size)
    assert {m: s.found.score for m, s in ways.items()} == {
        m: s.found.score for m, s in backwards.items()
    }
    scores = [f.score for f in bridge.pool(ways)]
    assert scores == sorted(scores, reverse=True)


@given(st.integers(2, 15), st.integers(2, 1_000_000))
def test_the_rarer_a_name_the_more_it_is_worth(count: int, size: int) -> None:
    assert 0 < bridge.rarity(count + 1, size + 15) <= bridge.rarity(count, size + 15) <= 1
    assert bridge.rarity(2, size) == 1


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=5))
def test_evidence_weighs_less_the_further_it_is_behind(scores: list[float]) -> None:
    scores.sort(reverse=True)
    weights = weights_of(scores)
    assert weights[0] == 1
    assert weights == sorted(weights, reverse=True)
    assert all(0 <= weight <= 1 for weight in weights)


def test_the_ranking_counts_its_score_and_not_its_place() -> None:
    placed = [{"bridge": Place(rank=1, score=0.5)}, {"bridge": Place(rank=2, score=0.5)}, {}]
    assert support(placed, query("Who?").understood).tolist() == [BRIDGE / 2, BRIDGE / 2, 0]


# Probes


def test_names_that_the_question_has_lead_nowhere_new() -> None:
    anchor = _anchor(1, "Golden Gate", "Golden Hour", "Bergen")
    said = [lead.name.said for lead in leads([anchor], ["golden", "gate"])]
    assert said == ["Golden Hour", "Bergen"]


def test_the_best_evidence_is_followed_first_and_names_are_bounded() -> None:
    many = [f"Place{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(NAMES)]
    found = leads([_anchor(1, "Oslo"), _anchor(2, *many)], [])
    assert (len(found), found[0].name.said) == (NAMES, "Oslo")


def test_an_entity_leads_whatever_it_is_called() -> None:
    anchor = _anchor(1, "Bergen", entities=((memory_id(9), _name("the Old Lady")),))
    assert [lead.entity for lead in leads([anchor], [])] == [memory_id(9), None]
    assert [lead.entity for lead in leads([anchor], terms("the old lady"))] == [None]


def test_words_nothing_holds_are_looked_for_if_they_occur() -> None:
    asked = _asked("green lamp market", 5, 0, 3)
    assert uncovered(asked, [_anchor(1, shared=("green",))]) == ("market",)
    assert uncovered(asked, []) == ("green", "market")


async def test_nothing_is_probed_twice() -> None:
    asked = _asked("How many green lamps?", *(5 for _ in query("How many green lamps?").terms))
    evidence = [_anchor(1, "Oslo", shared=("green",)), _anchor(2, "Voss")]
    first = await RuleProber().propose(asked, evidence, [])
    assert (len(first.leads), first.words[-1:]) == (2, ("lamp",))
    assert first.beside == (memory_id(1), memory_id(2))
    again = await RuleProber().propose(asked, evidence, [first])
    assert again.nothing
    further = await RuleProber().propose(asked, [*evidence, _anchor(3, "Bergen")], [first])
    assert [lead.name.said for lead in further.leads] == ["Bergen"]
    assert Probes().nothing


async def test_more_of_a_session_is_looked_at_where_several_memories_are_wanted() -> None:
    fact = _asked("Where is the lamp?", *(5 for _ in query("Where is the lamp?").terms))
    assert (await RuleProber().propose(fact, [_anchor(1)], [])).beside == ()


# Sufficiency and the stop rule

_ENOUGH = Sufficiency(
    together=0.9, alone=0.6, named=True, best=0.8, likely=1, timely=True, several=False,
    passages=False,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"together": COVERED - 0.01}, False),
        ({"named": False}, False),
        ({"timely": False}, False),
        ({"likely": 0, "best": LIKELY - 0.01}, False),
        ({"several": True}, False),
        ({"several": True, "likely": SEVERAL}, True),
        ({"passages": True, "together": 1.0}, False),
        ({"passages": True, "together": 1.0, "alone": 1.0}, True),
    ],
    ids=str,
)
def test_what_suffices(changes: dict[str, Any], holds: bool) -> None:
    assert replace(_ENOUGH, **changes).holds is holds


def test_coverage_is_what_the_words_are_worth() -> None:
    asked = _asked("green lamp", 90, 1)
    assert coverage(asked, ["green", "lamp"]) == 1
    assert coverage(asked, ["lamp"]) > 0.9
    assert coverage(asked, []) == 0
    assert coverage(_asked("the"), []) == 1
    assert coverage(replace(asked, counts=()), ["lamp"]) == 0


@given(
    st.sets(st.integers(1, 20)).map(sorted), st.sets(st.integers(1, 20)).map(sorted),
    st.floats(0, 1),
)  # fmt: skip
def test_a_round_that_changes_nothing_is_the_last(
    before: Sequence[int], now: Sequence[int], best: float
) -> None:
    ids = [memory_id(n) for n in now]
    assert expected_gain(ids, ids, best) == 0
    gain = expected_gain([memory_id(n) for n in before], ids, best)
    assert 0 <= gain <= 1 - best
    assert expected_gain(ids, ids, 1.0) == 0
