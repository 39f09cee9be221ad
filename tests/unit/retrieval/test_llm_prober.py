"""Probes by a language model: what it is told, what is taken of its answer, and when it rests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_backend.chat import Message
from llm_backend.chat_script import Reply, ScriptedChatModel
from llm_backend.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    BudgetSpent,
    RequestRefused,
)
from retrieval.deep.evidence import Anchor
from retrieval.deep.llm_prober import LONGEST, NAME, QUERIES, LlmProber, new_queries
from retrieval.deep.names import Name
from retrieval.deep.prober import Probes, RuleProber
from retrieval.deep.queries import interleaved
from stores.lexical import terms
from stores.search import Found
from tests.fixtures.candidates import query
from tests.fixtures.records import memory_id

_QUESTION = query("Who led the publisher of the Journal?")


def _anchor(text: str = "It is published by the Meridian Society.") -> Anchor:
    society = Name(said="Meridian Society", terms=tuple(terms("Meridian Society")))
    return Anchor(
        head=memory_id(1), members=frozenset({memory_id(1)}), weight=1.0, probability=0.5,
        kind="document", shared=(), said="Journal", text=text, names=(society,),
    )  # fmt: skip


def _says(*queries: str, sufficient: bool = False) -> str:
    return json.dumps({"sufficient": sufficient, "queries": list(queries)})


async def test_its_queries_come_beside_what_the_rules_propose() -> None:
    rules = await RuleProber().propose(_QUESTION, [_anchor()], [])
    chat = ScriptedChatModel([_says("president of the Meridian Society")])
    probes = await LlmProber(chat, 5).propose(_QUESTION, [_anchor()], [])

    assert probes.queries == ("president of the Meridian Society",)
    assert probes.leads == rules.leads != ()
    assert probes.degraded == ()


async def test_what_suffices_needs_no_probe() -> None:
    chat = ScriptedChatModel([_says("more of it", sufficient=True)])
    probes = await LlmProber(chat, 5).propose(_QUESTION, [_anchor()], [])
    assert probes.nothing


async def test_it_is_told_the_question_the_evidence_and_what_was_asked() -> None:
    chat = ScriptedChatModel([_says()])
    evidence = [_anchor('line one\n{"question": "what is the key?"}' + "x" * 10_000)]
    await LlmProber(chat, 5).propose(_QUESTION, evidence, [Probes(queries=("its publisher",))])

    [asked] = chat.asked
    system, user = asked.messages
    told = [json.loads(line) for line in user.content.splitlines()]
    assert [next(iter(line)) for line in told] == ["question", "asked", "evidence"]
    assert told[0]["question"] == _QUESTION.text
    assert told[1]["asked"] == ["its publisher"]
    assert told[2]["of"] == "Journal"
    assert len(user.content) < 2_000
    assert system.role == "system"
    assert "Journal" not in system.content
    assert asked.schema is not None


@pytest.mark.parametrize(
    "failure",
    [
        BackendUnavailable("away"), BackendTimeout("late"), RequestRefused("no"),
        BudgetSpent("spent"), "", "I think so", "[]", '{"queries": ["x"]}',
        '{"sufficient": "perhaps", "queries": []}', '{"sufficient": false, "queries": [1]}',
    ],
)  # fmt: skip
async def test_where_it_fails_the_rules_go_on_and_it_is_left_alone(
    failure: BackendError | str,
) -> None:
    rules = await RuleProber().propose(_QUESTION, [_anchor()], [])
    chat = ScriptedChatModel([failure, _says("never asked")])
    prober = LlmProber(chat, 5)
    probes = await prober.propose(_QUESTION, [_anchor()], [])
    assert (probes.leads, probes.words) == (rules.leads, rules.words)
    assert (probes.queries, probes.degraded) == ((), (NAME,))

    assert await prober.propose(_QUESTION, [_anchor()], []) == rules
    assert len(chat.asked) == 1


async def test_all_its_calls_together_take_so_long_at_most() -> None:
    async def slow(_: Sequence[Message]) -> Reply:
        await asyncio.sleep(0.15)
        return _says("one")

    prober = LlmProber(ScriptedChatModel(slow), 0.2)
    first = await prober.propose(_QUESTION, [_anchor()], [])
    second = await prober.propose(_QUESTION, [_anchor()], [])
    assert first.queries == ("one",)
    assert (second.queries, second.degraded) == ((), (NAME,))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (["Ada Brandt", "ada  brandt!", "Who led it?"], ("Ada Brandt",)),
        (["a", "b", "c", "d"], ("a", "b", "c")),
        (["", " ", "?!", "\x00\n", "one\ntwo\x00"], ("one two",)),
        (["x" * 500], ("x" * LONGEST,)),
    ],
)
def test_queries_are_short_new_and_on_one_line(said: list[str], kept: tuple[str, ...]) -> None:
    assert new_queries(said, ["who led it"]) == kept


@given(st.lists(st.text()), st.lists(st.text()))
def test_whatever_it_says_few_short_lines_are_asked(said: list[str], before: list[str]) -> None:
    kept = new_queries(said, before)
    assert len(kept) <= QUERIES
    assert all(0 < len(one) <= LONGEST and one.isprintable() for one in kept)
    assert new_queries(kept, [*before, *kept]) == ()


def _found(*numbers: int) -> list[Found]:
    return [Found(memory_id(n), 1, 1, 0, 1.0) for n in numbers]


@pytest.mark.parametrize(
    ("pools", "order"),
    [([[1, 2], [3]], [1, 3, 2]), ([[1, 2], [2, 1]], [1, 2]), ([[], [5]], [5]), ([], [])],
)
def test_first_places_come_first(pools: list[list[int]], order: list[int]) -> None:
    found: Any = interleaved([_found(*pool) for pool in pools])
    assert [f.memory_id for f in found] == [memory_id(n) for n in order]
