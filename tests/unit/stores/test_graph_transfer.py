"""What a memory has in the graph keeps its meaning under other ids, and leaves nothing behind."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from stores import graph_transfer, schema
from stores.graph_transfer import Claim, GraphRows, Link, Mention, Refinement
from stores.ids import MemoryId

MAY = datetime(2026, 5, 1, tzinfo=UTC)
ANA, LISBON, EPISODE, RUN = (MemoryId(uuid4()) for _ in range(4))
OWN = {"tenant_id", "memory_id", "space_id"}
#: Each record, its table, and the columns that follow from something else.
RECORDS: list[tuple[type[Any], Any, set[str]]] = [
    (graph_transfer.Alias, schema.entity_aliases, set()),
    (graph_transfer.Claim, schema.relations, {"state", "valid_at", "invalid_at", "since"}),
    (graph_transfer.Assertion, schema.assertions, set()),
    (graph_transfer.Mention, schema.mentions, {"since"}),
    (graph_transfer.Link, schema.links, {"since"}),
    (graph_transfer.Refinement, schema.refinements, set()),
]


def rows() -> GraphRows:
    return GraphRows(
        claim=Claim(
            subject_id=ANA, predicate="lives_in", object_id=LISBON, object="Lisbon",
            negated=False, form="state",
        ),
        mentions=(Mention(entity_id=ANA, role="about", alias="Ana", run_id=RUN),),
        links=(
            Link(target_id=EPISODE, link_kind="supersedes", weight=1, created_at=MAY, run_id=None),
        ),
        refinements=(
            Refinement(
                refinement_id=RUN, run_id=None, version=1, keywords=("home",), tags=(),
                context="", sources=(EPISODE, ANA), created_at=MAY, dropped_at=None,
            ),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(("record", "table", "derived"), RECORDS)
def test_no_column_is_forgotten(record: type[Any], table: Any, derived: set[str]) -> None:
    assert {field.name for field in fields(record)} == set(table.c.keys()) - OWN - derived


def test_every_id_moves() -> None:
    def beside(old: UUID) -> UUID:
        return UUID(int=old.int ^ 1)

    moved = rows().moved(lambda old: MemoryId(beside(old)), beside)

    assert moved.named == {MemoryId(beside(i)) for i in (ANA, LISBON, EPISODE)}
    assert moved.mentions[0].run_id == moved.refinements[0].refinement_id == beside(RUN)
    assert moved.moved(lambda old: MemoryId(beside(old)), beside) == rows()


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        ({ANA}, GraphRows(links=rows().links)),
        ({LISBON}, GraphRows(mentions=rows().mentions, links=rows().links,
                             refinements=rows().refinements)),
        ({EPISODE}, GraphRows(claim=rows().claim, mentions=rows().mentions)),
        (set(), rows()),
    ],
)  # fmt: skip
def test_what_names_something_erased_stays_behind(gone: set[MemoryId], left: GraphRows) -> None:
    assert rows().without(gone) == left
