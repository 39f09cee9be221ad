"""What a group of memories adds to one of them, by rule and as a model decides."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from consolidation.link.asking import SCHEMA, ask, strengthened, take
from consolidation.link.kinds import terms
from consolidation.link.refining import STANDING, Group, Ledger, groups, refine
from llm_backend.chat_script import ScriptedChatModel
from llm_backend.errors import BackendUnavailable
from stores.ids import MemoryId
from stores.linking import Named, Near, Statement
from stores.refinements import Given

NORA = Named(MemoryId(UUID(int=100)), "Nora")
MOSS = Named(MemoryId(UUID(int=101)), "Moss")
MAY, JULY = datetime(2024, 5, 6, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC)


def said(number: int, content: str, *named: Named, **more: Any) -> Statement:
    return Statement(id=MemoryId(UUID(int=number)), content=content, named=named or (NORA,), **more)


DOG = said(1, "Nora has a dog.", moment=MAY)
TRAINED = said(2, "Nora trains Moss for sheepdog trials.", NORA, MOSS, moment=MAY)
WON = said(3, "Nora won the sheepdog trials with Moss.", NORA, MOSS, moment=JULY)
GROUP = Group(new=WON, neighbours=(TRAINED, DOG))
RARE = terms("sheepdog trials dog")


def refined(group: Group = GROUP, ledger: Ledger | None = None) -> Ledger:
    ledger = ledger or Ledger()
    refine(group, RARE, ledger)
    return ledger


def test_a_memory_gets_the_words_and_names_that_the_group_agrees_on() -> None:
    [row] = refined().rows
    assert row.memory_id == DOG.id
    assert set(row.keywords) == {"Moss", "sheepdog", "trials"}
    assert row.context == "Nora, Moss; 2024-05 – 2024-07"
    assert set(row.sources) == {WON.id, TRAINED.id}
    assert row.version == 1


def test_what_one_says_alone_counts_only_if_it_is_of_the_same() -> None:
    assert refined(Group(new=WON, neighbours=(DOG,))).rows == []
    barer = said(4, "Nora won the trials.")
    [row] = refined(Group(new=WON, neighbours=(barer,))).rows
    assert set(row.keywords) == {"Moss", "sheepdog"}


def test_what_everybody_says_is_no_keyword() -> None:
    ledger = Ledger()
    refine(GROUP, frozenset(), ledger)
    assert [row.keywords for row in ledger.rows] == [("Moss",)]


def test_a_number_says_nothing_without_what_it_counts() -> None:
    six = said(5, "Nora won six sheepdog trials with Moss.", NORA, MOSS)
    ledger = Ledger()
    refine(Group(new=six, neighbours=(WON,)), RARE | terms("six"), ledger)
    assert ledger.rows == []


def test_tags_that_the_others_share() -> None:
    tagged = Group(
        new=replace(WON, tags=("dogs", "prize")),
        neighbours=(replace(TRAINED, tags=("dogs",)), replace(DOG, tags=("home",))),
    )
    assert [row.tags for row in refined(tagged).rows] == [("dogs",)]


def test_nothing_is_given_twice_nor_without_end() -> None:
    given = Given(version=3, standing=1, words=frozenset({"Moss", "sheepdog"}))
    [row] = refined(ledger=Ledger(known={DOG.id: given})).rows
    assert (row.version, row.keywords) == (4, ("trials",))
    ledger = refined()
    refine(GROUP, RARE, ledger)
    assert len(ledger.rows) == 1
    assert refined(ledger=Ledger(known={DOG.id: Given(version=9, standing=STANDING)})).rows == []


@pytest.mark.parametrize(
    ("cosine", "changes", "tight"),
    [
        (0.8, {}, True),
        (0.79, {}, False),
        (0.9, {"named": (MOSS,)}, False),
        (0.9, {"visibility": "private"}, False),
        (0.9, {"sensitivity": frozenset({"health"})}, False),
    ],
)
def test_a_group_is_tight_and_open_to_the_same_readers(
    cosine: float, changes: dict[str, Any], tight: bool
) -> None:
    statements = {TRAINED.id: TRAINED, DOG.id: replace(DOG, **changes)}
    statements[TRAINED.id] = replace(TRAINED, named=(NORA,))
    found = groups([Near(TRAINED.id, DOG.id, cosine)], statements)
    assert [g.neighbours[0].id for g in found] == ([DOG.id] if tight else [])


def _answer(*updates: dict[str, Any], strengthen: tuple[int, ...] = ()) -> str:
    return json.dumps({"strengthen": strengthen, "update_neighbour": updates})


def _update(neighbour: int = 2, **changes: Any) -> dict[str, Any]:
    whole = {"keywords": ["Moss", "sheepdog"], "tags": ["dogs"], "context": "Nora and Moss"}
    return {"neighbour": neighbour, **whole, **changes}


async def test_a_model_decides_within_the_words_of_the_group() -> None:
    update = _update(keywords=["Moss", "wolf", "dog"], context="Nora and the wolf")
    chat = ScriptedChatModel([_answer(update, strengthen=(1,))])
    decision = await ask(chat, GROUP)
    ledger = Ledger()
    take(GROUP, decision, ledger)

    assert chat.asked[0].schema == SCHEMA
    [row] = ledger.rows
    # "wolf" nobody said, and "dog" the memory says itself.
    assert (row.memory_id, row.keywords, row.tags, row.context) == (
        DOG.id,
        ("Moss",),
        ("dogs",),
        "",
    )
    assert set(row.sources) == {WON.id, TRAINED.id}
    assert strengthened(GROUP, decision) == {frozenset((WON.id, TRAINED.id))}


@pytest.mark.parametrize(
    "reply",
    ["", "yes", "{}", _answer(_update(neighbour=3)), _answer(strengthen=(0,)),
     _answer(_update(keywords=["a"] * 9)), _answer(_update(content="Nora is dead."))],
)  # fmt: skip
async def test_garbage_changes_nothing_and_is_told(reply: str) -> None:
    decision = await ask(ScriptedChatModel([reply]), GROUP)
    ledger = Ledger()
    take(GROUP, decision, ledger)
    assert decision.asked
    assert decision.note is not None
    assert ledger.rows == []
    assert strengthened(GROUP, decision) == set()


async def test_a_model_that_is_away_leaves_it_to_the_rule() -> None:
    decision = await ask(ScriptedChatModel([BackendUnavailable("away")]), GROUP)
    assert not decision.asked
    assert decision.note == "refinement without the model: backend-unavailable"
