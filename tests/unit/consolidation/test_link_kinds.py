"""Which statements are linked, and by what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from consolidation.link.kinds import IN_ALL, MOST, LinkKind, belonging, choose, link, terms
from stores.ids import MemoryId
from stores.linking import Named, Near, Statement

NORA = Named(MemoryId(UUID(int=100)), "Nora")
GRAHAM = Named(MemoryId(UUID(int=101)), "Graham")
MONDAY = datetime(2024, 5, 6, 9, tzinfo=UTC)


def said(number: int, content: str, *named: Named, **more: Any) -> Statement:
    return Statement(id=MemoryId(UUID(int=number)), content=content, named=named or (NORA,), **more)


def near(one: Statement, other: Statement, cosine: float = 0.75) -> Near:
    return Near(one.id, other.id, cosine)


def by_id(*statements: Statement) -> dict[MemoryId, Statement]:
    return {one.id: one for one in statements}


@pytest.mark.parametrize(
    ("one", "other", "cosine", "belongs"),
    [
        ("Nora makes cheese.", "Nora sells cheese in town.", 0.71, True),
        ("Nora makes cheese.", "Nora plays the horn.", 0.71, False),
        ("Nora said maybe.", "Nora is so angry.", 0.9, False),
        ("Nora rested on Sunday.", "Nora drives every Sunday.", 0.75, False),
        ("Nora adopted a puppy.", "Nora fetched her dog.", 0.82, True),
        ("Nora adopted a puppy.", "Nora fetched her dog.", 0.78, False),
    ],
)
def test_the_person_alone_is_not_enough_to_belong_together(
    one: str, other: str, cosine: float, belongs: bool
) -> None:
    a, b = said(2, one), said(1, other)
    rare = terms(f"{one} {other}")
    assert bool(belonging([near(a, b, cosine)], by_id(a, b), rare)) is belongs


def test_what_everybody_says_ties_nothing_but_two_names_do() -> None:
    a, b = said(2, "Nora makes cheese."), said(1, "Nora sells cheese in town.")
    assert belonging([near(a, b)], by_id(a, b), frozenset()) == []
    a, b = said(2, "Graham met Nora.", NORA, GRAHAM), said(1, "Graham rang her.", NORA, GRAHAM)
    assert belonging([near(a, b)], by_id(a, b), frozenset()) == [near(a, b)]


def test_what_does_not_hold_is_left_out() -> None:
    a, b = said(2, "Nora makes cheese."), said(1, "Nora sells cheese.")
    assert belonging([near(a, b)], by_id(a), terms("cheese")) == []


@pytest.mark.parametrize(
    ("one", "other", "kind", "turned"),
    [
        ("Nora plays the horn.", "Nora sold the old horn.", LinkKind.RELATED, False),
        (
            "Nora plays the tenor horn in a band.",
            "Nora plays the horn.",
            LinkKind.ELABORATES,
            False,
        ),
        ("Nora plays the horn.", "Nora plays the tenor horn in a band.", LinkKind.ELABORATES, True),
        ("Nora no longer plays the horn.", "Nora plays the horn.", LinkKind.RELATED, False),
        ("Nora might play the tenor horn.", "Nora plays the horn.", LinkKind.RELATED, False),
        ("Nora plays the horn well.", "Nora plays.", LinkKind.RELATED, False),
    ],
)
def test_the_kind_of_a_link(one: str, other: str, kind: LinkKind, turned: bool) -> None:
    newer, older = said(2, one), said(1, other)
    made = link(newer, older, 0.9)
    assert made.kind == kind
    assert (made.memory_id == older.id) is turned
    assert made.weight == 0.9


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, LinkKind.SAME_EVENT),
        ({"moment": MONDAY.replace(day=7)}, LinkKind.RELATED),
        ({"moment": None}, LinkKind.RELATED),
        ({"happened": False}, LinkKind.RELATED),
        ({"named": (GRAHAM,)}, LinkKind.RELATED),
    ],
)
def test_one_event_is_of_one_day_and_of_the_same_people(
    changes: dict[str, Any], kind: LinkKind
) -> None:
    newer = said(2, "Nora won a prize.", moment=MONDAY, happened=True)
    older = said(1, "Nora showed a cheese.", moment=MONDAY.replace(hour=20), happened=True)
    older = replace(older, **changes)
    assert link(newer, older, 0.8).kind == kind


def test_a_pair_is_linked_once_and_to_the_older() -> None:
    a, b = said(2, "Nora makes cheese."), said(1, "Nora sells cheese in town.")
    both = [near(a, b), near(b, a)]
    [made] = choose(both, by_id(a, b), [])
    assert (made.memory_id, made.target_id) == (a.id, b.id)
    assert choose(both, by_id(a, b), [(b.id, a.id)]) == ()


def test_a_new_memory_gets_the_nearest_and_no_memory_too_many() -> None:
    new = said(1000, "Nora makes cheese.")
    others = [said(number, f"cheese {number}") for number in range(1, MOST + 3)]
    pairs = [near(new, one, 0.9 - one.id.int / 1000) for one in others]
    made = choose(pairs, by_id(new, *others), [])
    assert [m.target_id for m in made] == [one.id for one in others[:MOST]]

    full = [(others[0].id, MemoryId(UUID(int=2000 + n))) for n in range(IN_ALL)]
    made = choose(pairs[:2], by_id(new, *others), full)
    assert [m.target_id for m in made] == [others[1].id]
