"""Which entities are linked as perhaps the same, and which are merged."""

from __future__ import annotations

from uuid import UUID

import pytest

from consolidation.link.synonyms import MOST, Compared, Merge, compare
from stores.ids import MemoryId
from stores.linking import Near, Thing


def thing(number: int, name: str, kind: str = "thing") -> Thing:
    return Thing(id=MemoryId(UUID(int=number)), name=name, kind=kind)


def compared(one: Thing, other: Thing, cosine: float) -> Compared:
    return compare([Near(one.id, other.id, cosine)], {one.id: one, other.id: other}, [])


@pytest.mark.parametrize(
    ("one", "other", "kind", "cosine", "outcome"),
    [
        ("harbour choir", "choir at the harbour", "organisation", 0.82, "linked"),
        ("the harbour choir", "harbour youth choir", "organisation", 0.9, "merged"),
        ("harbour choir", "harbour singers", "organisation", 0.9, "linked"),
        ("Anna Lund", "Anne Lind", "person", 0.95, "linked"),
        ("Lisbon", "Porto", "place", 0.79, None),
        ("Rocky 2", "Rocky 3", "work", 0.97, None),
        ("Jo", "Joe", "person", 0.9, None),
    ],
)
def test_what_becomes_of_two_entities(
    one: str, other: str, kind: str, cosine: float, outcome: str | None
) -> None:
    newer, older = thing(2, one, kind), thing(1, other, kind)
    found = compared(newer, older, cosine)
    ends = [(link.memory_id, link.target_id, link.kind, link.weight) for link in found.links]
    linked = [(newer.id, older.id, "synonym", cosine)] if outcome == "linked" else []
    merged = (Merge(entity_id=newer.id, into=older.id),) if outcome == "merged" else ()
    assert ends == linked
    assert found.merges == merged


def test_things_of_different_kinds_are_apart() -> None:
    assert compared(thing(2, "Paris", "person"), thing(1, "Paris, city", "place"), 0.9).links == ()


def test_a_pair_once_and_none_too_many() -> None:
    new = thing(1000, "harbour choir")
    others = {one.id: one for one in (thing(n, "singers" + chr(96 + n) * 3) for n in range(1, 26))}
    near = [Near(new.id, i, 0.84) for i in others]
    things = {new.id: new, **others}
    made = compare([*near, *near], things, []).links
    assert [link.target_id for link in made] == list(others)[:MOST]
    first = next(iter(others))
    again = compare(near, things, [(first, new.id)]).links
    assert first not in {link.target_id for link in again}
