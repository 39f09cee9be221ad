"""Insights: what is a pattern, what is chance, and how a score decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consolidation.reflect.asking import ask, grounded
from consolidation.reflect.ledger import FIRST_SCORE, Ledger, settle
from consolidation.reflect.motives import (
    Motive,
    Pattern,
    day_of_week,
    find_motives,
    together_on_purpose,
)
from llm_backend.chat_script import ScriptedChatModel
from llm_backend.errors import BackendUnavailable
from stores.ids import MemoryId
from stores.insights import Bounds, Known, Outcome, Passage, Said, Together
from stores.records import Span

#: A Tuesday.
START = datetime(2024, 5, 7, 12, tzinfo=UTC)
NORA = MemoryId(UUID(int=1))
_OPEN = Bounds()
AGAIN = [("recurring", "Again and again: Nora plays tennis")]


def m(number: int) -> MemoryId:
    return MemoryId(UUID(int=number))


def passage(episode: int, session: str | None = None, days: float | None = None) -> Passage:
    return Passage(
        episode_id=m(1000 + episode),
        span=Span(start=0, end=5),
        session_id=session or f"s{episode}",
        told_at=START + timedelta(days=episode if days is None else days),
    )


def said(
    memory: int, episode: int, thing: str = "tennis", *, session: str | None = None,
    days: float | None = None, bounds: Bounds = _OPEN, predicate: str | None = "plays",
) -> Said:  # fmt: skip
    return Said(
        memory_id=m(memory), content=f"Nora plays {thing}", bounds=bounds,
        passage=passage(episode, session, days), subject_id=NORA, subject="Nora",
        predicate=predicate, object=thing, called=thing,
    )  # fmt: skip


def pattern(motives: list[Motive]) -> list[tuple[str, str]]:
    return [(motive.pattern, motive.content) for motive in motives]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([said(1, 1), said(1, 2), said(1, 4)], AGAIN),
        ([said(1, 1), said(2, 2), said(3, 4)], AGAIN),
        ([said(1, 1), said(1, 2)], []),
        ([said(1, n, session="one") for n in (1, 2, 3)], []),
        ([said(1, 1, session="one"), said(1, 1, session="two"), said(1, 2)], []),
        (
            [said(1, n, days=7 * n) for n in (1, 2, 3)],
            [("regular", "On Tuesdays: Nora plays tennis")],
        ),
        (
            [said(1, 1, "tennis"), said(2, 2, "chess"), said(3, 4, "go")],
            [("varied", "Nora plays, one after the other: tennis, chess, go")],
        ),
        ([said(1, n, predicate=None) for n in (1, 2, 4)],
         AGAIN),
        ([said(n, n, predicate=None) for n in (1, 2, 4)], []),
    ],
)  # fmt: skip
def test_what_is_a_pattern(rows: list[Said], expected: list[tuple[str, str]]) -> None:
    assert pattern(find_motives(rows, [], [])) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([0, 7, 14], 1),
        ([0, 7, 14, 15], None),
        ([0, 7, 14, 21, 22], 1),
        ([0, 7], None),
        ([0, 0, 0, 14], None),
        ([0, 1, 2, 3, 4, 5, 6], None),
    ],
)
def test_a_day_of_the_week_is_a_rule_only_if_it_mostly_holds(
    days: list[int], expected: int | None
) -> None:
    assert day_of_week([START + timedelta(days=day) for day in days]) == expected


def test_a_contradiction_is_told_while_both_hold() -> None:
    rows = [said(1, 1, "tennis"), said(2, 2, "chess")]
    [found] = find_motives(rows, [], [(m(2), m(1)), (m(1), m(2))])
    assert found.pattern == Pattern.CONTRADICTION
    assert (
        found.content == "Which of these holds is open: “Nora plays tennis” or “Nora plays chess”"
    )
    assert set(found.sources) == {m(1), m(2)}
    assert find_motives(rows, [], [(m(1), m(9))]) == []


@pytest.mark.parametrize(
    ("shared", "one", "other", "everything", "expected"),
    [(3, 3, 4, 40, True), (3, 30, 30, 40, False), (10, 10, 10, 10, False), (3, 40, 3, 40, False)],
)
def test_who_is_named_everywhere_is_not_named_together(
    shared: int, one: int, other: int, everything: int, expected: bool
) -> None:
    assert together_on_purpose(shared, one, other, everything) is expected


def test_two_that_are_named_together_are_told_by_name() -> None:
    pairs = [
        Together(one=m(1), other=m(2), names=("Nora", "Moss"), counts=(4, 3), all_count=60,
                 passage=passage(n))
        for n in (1, 2, 3)
    ]  # fmt: skip
    assert pattern(find_motives([], pairs, [])) == [
        ("together", "Nora and Moss often come up together")
    ]
    assert find_motives([], pairs[:2], []) == []


def test_an_insight_may_be_shown_to_whom_all_its_sources_may_be_shown() -> None:
    rows = [
        said(1, 1, bounds=Bounds(trust=0.9, sensitivity=("health",))),
        said(1, 2, bounds=Bounds(trust=0.4, visibility="session")),
        said(1, 4, bounds=Bounds(visibility="tenant", sensitivity=("money",))),
    ]
    [found] = find_motives(rows, [], [])
    assert found.bounds == Bounds(trust=0.4, sensitivity=("health", "money"), visibility="session")


def insight(
    motive: Motive, *, score: int = 2, live: bool = True,
    episodes: frozenset[MemoryId] | None = None, standing: bool = True,
) -> Known:  # fmt: skip
    sources = frozenset(motive.sources)
    return Known(
        id=m(500), version=1, motive=motive.key, pattern=motive.pattern, score=score, live=live,
        sources=sources, standing=sources if standing else frozenset(),
        episodes=motive.episodes if episodes is None else episodes,
    )  # fmt: skip


TENNIS = find_motives([said(1, n) for n in (1, 2, 4)], [], [])
MORE = find_motives([said(1, n) for n in (1, 2, 4, 6)], [], [])


def outcome(*, used: bool, said: str | None = None, counted: int = 0, recall: int = 7) -> Outcome:
    return Outcome(
        memory_id=m(500), recall_id=UUID(int=recall), used=used, outcome=said, counted=counted
    )


def become(
    known: list[Known], outcomes: list[Outcome] | None = None, motives: list[Motive] = MORE
) -> Ledger:
    return settle(motives, known, outcomes or [], most=20)


def test_one_motive_is_told_once() -> None:
    assert [motive.key for motive in become([]).draw] == [MORE[0].key]
    assert become([insight(MORE[0])]).empty


def test_more_sources_agree_with_an_insight_once() -> None:
    ledger = become([insight(TENNIS[0])])
    assert ledger.scores == {m(500): FIRST_SCORE + 1}
    assert [one.episodes for one in ledger.agreed] == [{m(1006)}]
    assert ledger.draw == ()


@pytest.mark.parametrize(
    ("outcomes", "score"),
    [
        ([outcome(used=True)], 3),
        ([outcome(used=True, said="success")], 3),
        ([outcome(used=True, said="failure")], 0),
        ([outcome(used=False)], 1),
        ([outcome(used=False), outcome(used=False, recall=8)], 0),
        ([outcome(used=True, counted=1)], None),
        ([outcome(used=False, counted=1)], 0),
    ],
)
def test_a_score_follows_the_outcomes(outcomes: list[Outcome], score: int | None) -> None:
    ledger = become([insight(MORE[0])], outcomes)
    assert ledger.scores.get(m(500)) == score
    assert (m(500) in ledger.ended) == (score == 0)


def test_a_score_rises_to_ten_and_falls_from_there() -> None:
    praised = [outcome(used=True, recall=n) for n in range(20)]
    assert become([insight(MORE[0])], praised).scores == {m(500): 10}
    high = insight(MORE[0], score=10)
    assert become([high], praised).scores == {}, "no change is no version"
    assert become([high], [outcome(used=True, said="failure")]).scores == {m(500): 8}


def test_what_no_source_says_any_more_ends() -> None:
    assert become([insight(MORE[0], standing=False)]).ended == {m(500): "sources"}


def test_what_died_is_not_told_again_until_as_much_again_speaks_for_it() -> None:
    dead = insight(TENNIS[0], live=False, score=0)
    assert become([dead]).empty
    again = find_motives([said(1, n) for n in (1, 2, 4, 6, 8, 11)], [], [])
    assert len(become([dead], motives=again).draw) == 1


def test_a_run_draws_no_more_than_it_may() -> None:
    rows = [said(n, n + 100 * e, f"game {n}") for n in range(30) for e in (1, 2, 4)]
    motives = find_motives(rows, [], [])
    assert len(settle(motives, [], [], most=20).draw) == 20


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 12), st.sampled_from(["a", "b", "c", "d"])),
        max_size=25,
    )
)
def test_every_motive_is_of_enough_passages_and_does_not_depend_on_their_order(
    told: list[tuple[int, int, str]],
) -> None:
    rows = [said(memory + 10 * ord(thing), episode, thing) for memory, episode, thing in told]
    motives = find_motives(rows, [], [])
    assert [motive.key for motive in motives] == [
        motive.key for motive in find_motives(rows[::-1], [], [])
    ]
    assert len({motive.key for motive in motives}) == len(motives)
    for motive in motives:
        assert len(motive.episodes) >= 3
        assert len({p.session_id for p in motive.passages}) >= 2


def reply(text: str, question: str = "What does Nora play?", confidence: float = 0.8) -> str:
    return f'{{"question": "{question}", "text": "{text}", "confidence": {confidence}}}'


@pytest.mark.parametrize(
    ("said", "text", "keep", "note"),
    [
        (reply("Nora keeps playing tennis"), "Nora keeps playing tennis", True, None),
        (reply("x", confidence=0), "x", False, None),
        (reply("Nora plays tennis with Ben"), TENNIS[0].content, True,
         "insight: the model named what no source does"),
        (reply("She plays 7 times a week"), TENNIS[0].content, True,
         "insight: the model named what no source does"),
        (reply("Nora plays", question="Tennis"), TENNIS[0].content, True,
         "insight: the model's answer cannot be used"),
        ("nonsense", TENNIS[0].content, True, "insight: the model's answer cannot be used"),
        (BackendUnavailable("away"), TENNIS[0].content, True,
         "insight without the model: backend-unavailable"),
    ],
)  # fmt: skip
async def test_a_model_words_an_insight_in_what_the_sources_say(
    said: str | BackendUnavailable, text: str, keep: bool, note: str | None
) -> None:
    wording = await ask(ScriptedChatModel([said]), TENNIS[0])
    assert (wording.text, wording.keep, wording.note) == (text, keep, note)


def test_names_and_numbers_are_those_of_the_sources() -> None:
    assert grounded("Tennis is what Nora plays", TENNIS[0])
    assert not grounded("What Ida plays is tennis", TENNIS[0])
