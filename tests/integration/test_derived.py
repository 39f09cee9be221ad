"""What was stored because of a session, also what was first said in another one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from memory_service.api.schemas.sessions import Derived
from memory_service.auth import Principal, Role
from memory_service.verbs.derived import list_derived
from stores.derived import Place
from stores.ids import MemoryId, new_id
from tests.fixtures.service import Service, Tenant
from tests.integration.graphs import Claim, Desk, Step

_FIRST = Place(group=0, memory_id=MemoryId(UUID(int=0)))


@pytest.fixture
def desk(service: Service, tenant: Tenant, space: str) -> Desk:
    """A space nobody else writes in."""
    return Desk(service=service, tenant=tenant, name=space)


async def _derived(
    desk: Desk, session_id: str, behind: Place = _FIRST, limit: int = 50
) -> tuple[Derived, str | None]:
    caller = Principal(tenant=desk.tenant.id, key_id=new_id(), name="test", role=Role.READER)
    page, outline = await list_derived(
        desk.service.parts.services, caller, desk.name, session_id, behind=behind, limit=limit
    )
    return Derived.of(session_id, page, outline, page.next_cursor), page.next_cursor


async def test_a_session_tells_all_that_came_of_it(desk: Desk) -> None:
    [first] = await desk.episodes("Ana sings.", session_id="one")
    second, third = await desk.episodes("She sings.", "In Oslo.", session_id="two")

    async def work(step: Step) -> tuple[MemoryId, MemoryId]:
        ana = await step.entity("Ana")
        await step.mention(second, ana)
        return ana, await step.memory("Ana sings.", evidence=[first], session_id="one")

    made, (ana, song) = await desk.run(work)

    async def more(step: Step) -> dict[str, MemoryId]:
        await step.confirm(song, second)
        oslo = await step.entity("Oslo", "place")
        claim = Claim(subject=ana, predicate="lives_in", object_id=oslo)
        return {
            "event": await step.memory("A song.", kind="event", evidence=[second, third]),
            "relation": await step.memory("A home.", claim, kind="relation", evidence=[third]),
            "profile": await step.memory("Lives in Oslo.", kind="profile", evidence=[third]),
            "summary": await step.memory("Music.", kind="summary", derived_from=(song,)),
        }

    confirmed, ids = await desk.run(more)
    found, _ = await _derived(desk, "two")
    assert found.episodes == 2
    assert found.counts == {"fact": 1, "event": 1, "relation": 1, "profile": 1, "summary": 1}
    assert [(e.name, e.mentions) for e in found.entities] == [("Ana", 2), ("Oslo", 1)]
    assert set(found.runs) == {made, confirmed}
    assert [item.id for item in found.items] == [
        song, *sorted((ids["profile"], ids["summary"])), ids["relation"], ids["event"]
    ]  # fmt: skip

    assert {i.id for i in (await _derived(desk, "one"))[0].items} == {song, ids["summary"]}


async def test_a_session_is_read_page_by_page(desk: Desk) -> None:
    [said] = await desk.episodes("Ana sings.", session_id="s")

    async def work(step: Step) -> None:
        for kind in ("event", "fact", "relation", "note", "event"):
            await step.memory(f"a {kind}", kind=kind, evidence=[said])

    await desk.run(work)
    whole, _ = await _derived(desk, "s")
    found: list[Any] = []
    place, cursor = _FIRST, ""
    while cursor is not None:
        page, cursor = await _derived(desk, "s", place, 2)
        found += page.items
        if cursor is not None:
            group, memory_id = cursor.split()
            place = Place(group=int(group), memory_id=MemoryId(UUID(memory_id)))
    assert [cube.id for cube in found] == [cube.id for cube in whole.items]
    assert [str(cube.type) for cube in found] == sorted(
        (str(cube.type) for cube in found), key=["semantic", "graph", "episodic"].index
    )


async def test_nothing_came_of_a_session_nobody_knows(desk: Desk) -> None:
    await desk.episodes("Ana sings.", session_id="s")
    found, _ = await _derived(desk, "other")
    assert (found.episodes, found.counts, found.items, found.entities) == (0, {}, [], [])
