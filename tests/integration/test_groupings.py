"""Clusters of memories and communities of entities: kept, grown, found anew, taken back."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from stores.ids import MemoryId, now
from tests.fixtures.service import Start, write
from tests.integration.graphs import Claim, Step
from tests.integration.workbench import Workbench

TENNIS = "Nora plays tennis at the old club on the hill with a red racket"
BREAD = "Ida bakes sourdough bread in a stone oven beside the village mill"


class Library(Workbench):
    """A space with memories on two subjects, and with circles of acquaintances."""

    async def written(self, text: str, *words: str) -> list[str]:
        """Facts that differ in one word."""
        admin = self.tenant.admin
        made = [(await write(admin, self.name, f"{text} {word}"))["id"] for word in words]
        await self.job("embed")
        return made

    async def acquainted(self, *circles: str) -> dict[str, MemoryId]:
        """Entities by name; those of one circle all know each other."""

        async def work(step: Step) -> dict[str, MemoryId]:
            known = dict(self.rows("SELECT name, memory_id FROM entities"))
            for name in dict.fromkeys("".join(circles)):
                if name not in known:
                    known[name] = await step.entity(name)
            for circle in circles:
                for one, other in combinations(circle, 2):
                    claim = Claim(
                        subject=known[one], predicate="knows", object_id=known[other], object=other
                    )
                    await step.memory(f"{one} knows {other}", claim, kind="relation")
            return known

        made: dict[str, MemoryId] = (await self.run(work))[1]
        return made

    def groups(self, subject: str) -> set[frozenset[str]]:
        """The groups of the grouping that holds, as ids of their members."""
        rows = self.rows(f"""
            SELECT g.group_id, g.memory_id::text FROM grouped g
            WHERE g.group_id IS NOT NULL AND g.grouping_id = (
                SELECT grouping_id FROM groupings WHERE subject = '{subject}'
                ORDER BY created_at DESC LIMIT 1)
        """)  # fmt: skip
        ids = {group for group, _ in rows}
        return {frozenset(m for group, m in rows if group == one) for one in ids}

    async def communities(self) -> list[dict[str, Any]]:
        """The communities as they are listed."""
        found: list[dict[str, Any]] = (await self.get("/communities"))["items"]
        return found

    async def tomorrow(self, name: str) -> None:
        """Run a job a day later."""
        await self.work(name, clock=lambda: now() + timedelta(days=1))


@pytest.fixture
async def library(start: Start, space: str) -> Library:
    """A space nobody else writes in."""
    service = await start()
    return Library(service=service, tenant=await service.tenant(), name=space)


async def test_memories_fall_into_clusters_and_new_ones_join_them(library: Library) -> None:
    tennis = await library.written(TENNIS, *"abcde")
    bread = await library.written(BREAD, *"abcde")
    await library.job("cluster")
    assert library.groups("clusters") == {frozenset(tennis), frozenset(bread)}

    [new] = await library.written(TENNIS, "f")
    await library.job("cluster")
    assert library.groups("clusters") == {frozenset([*tennis, new]), frozenset(bread)}
    links = (await library.get(f"/memories/{new}/links", kind="associated"))["items"]
    assert {link["memory"]["id"] for link in links} <= set(tennis)
    assert links


async def test_clusters_twice_are_clusters_once_and_undo_takes_each_step_back(
    library: Library,
) -> None:
    tennis = await library.written(TENNIS, *"abcde")
    bread = await library.written(BREAD, *"abcde")
    await library.job("cluster")
    await library.job("cluster")
    await library.tomorrow("cluster")
    assert len(await library.runs("cluster")) == 1

    [new] = await library.written(TENNIS, "f")
    await library.job("cluster")
    [grown, first] = await library.runs("cluster")
    await library.undo(grown["id"])
    assert library.groups("clusters") == {frozenset(tennis), frozenset(bread)}
    assert (await library.get(f"/memories/{new}/links"))["items"] == []
    await library.undo(first["id"])
    assert library.groups("clusters") == set()


async def test_a_day_later_clusters_are_made_anew_and_undo_brings_the_former_back(
    library: Library,
) -> None:
    tennis = await library.written(TENNIS, *"abcde")
    bread = await library.written(BREAD, *"abcde")
    await library.job("cluster")
    names = set(library.rows("SELECT DISTINCT group_id FROM grouped WHERE group_id IS NOT NULL"))
    for memory_id in bread[:3]:
        await library.tenant.admin.delete(
            f"{library.path}/memories/{memory_id}", params={"mode": "archive"}
        )
    more = await library.written(BREAD, *"fghi")
    await library.job("cluster")
    before = library.groups("clusters")
    assert {len(group) for group in before} != {5}, "new ones have joined"
    await library.tomorrow("cluster")
    assert library.groups("clusters") == {frozenset(tennis), frozenset([*bread[3:], *more])}
    latest = """SELECT DISTINCT group_id FROM grouped WHERE group_id IS NOT NULL AND grouping_id =
        (SELECT grouping_id FROM groupings ORDER BY created_at DESC LIMIT 1)"""
    assert set(library.rows(latest)) == names, "a group keeps its id"

    refit = next(r for r in await library.runs("cluster") if "groups" in r["counts"])
    await library.undo(refit["id"])
    assert library.groups("clusters") == before


async def test_a_killed_cluster_job_goes_on(library: Library) -> None:
    await library.written(TENNIS, *"abcde")
    await library.written(BREAD, *"abcde")
    await library.kill("cluster", after=1)
    assert library.groups("clusters") == set()
    await library.job("cluster")
    assert len(library.groups("clusters")) == 2
    await library.written(TENNIS, "f")
    await library.kill("cluster", after=1)
    await library.job("cluster")
    assert sorted(map(len, library.groups("clusters"))) == [5, 6]
    assert len(await library.runs("cluster")) == 2


async def test_what_is_erased_is_in_no_group(library: Library) -> None:
    tennis = await library.written(TENNIS, *"abcde")
    await library.written(BREAD, *"abcde")
    await library.job("cluster")
    await library.tenant.admin.delete(
        f"{library.path}/memories/{tennis[0]}", params={"mode": "erase"}
    )
    assert frozenset(tennis[1:]) in library.groups("clusters")


async def test_acquaintances_are_communities_named_after_their_centre(library: Library) -> None:
    known = await library.acquainted("ABCD", "XYZ", "DX")
    await library.job("communities")
    first, second = await library.communities()
    assert {member["name"] for member in first["members"]} == set("ABCD")
    assert {member["name"] for member in second["members"]} == set("XYZ")
    assert first["size"] == 4
    assert set(first["name"].split(", ")) <= set("ABCD")
    assert first["members"][0]["weight"] == 1

    graph = await library.get("/graph")
    found = {node["id"]: node["community_id"] for node in graph["nodes"]}
    assert found[str(known["A"])] == first["id"]
    assert found[str(known["Z"])] == second["id"]


async def test_a_new_entity_joins_its_neighbours_and_undo_takes_it_out(library: Library) -> None:
    await library.acquainted("ABCD", "XYZ")
    await library.job("communities")
    before = await library.communities()
    await library.acquainted("NA", "NB")
    await library.job("communities")
    await library.job("communities")
    first = (await library.communities())[0]
    assert {member["name"] for member in first["members"]} == set("ABCDN")
    assert first["id"] == before[0]["id"]

    [joined, found] = await library.runs("communities")
    await library.undo(joined["id"])
    assert await library.communities() == before
    await library.undo(found["id"])
    assert await library.communities() == []


async def test_communities_are_found_anew_and_keep_their_ids(library: Library) -> None:
    await library.acquainted("ABCD", "XYZ")
    await library.job("communities")
    before = {c["id"] for c in await library.communities()}
    await library.tomorrow("communities")
    assert len(await library.runs("communities")) == 1, "nothing has changed"
    await library.acquainted("PQR")
    await library.tomorrow("communities")
    after = await library.communities()
    assert len(after) == 3
    assert before < {c["id"] for c in after}


async def test_communities_are_paged(library: Library) -> None:
    await library.acquainted("ABCD", "XYZ", "PQR")
    await library.job("communities")
    whole = await library.communities()
    paged, cursor = [], None
    for _ in range(3):
        more = {} if cursor is None else {"cursor": cursor}
        page = await library.get("/communities", limit=1, **more)
        paged += page["items"]
        cursor = page["next_cursor"]
    assert (paged, cursor) == (whole, None)
    await library.get("/communities", 422, cursor="bm9uZQ")


async def test_a_killed_job_finds_the_communities_later(library: Library) -> None:
    await library.acquainted("ABC")
    await library.kill("communities", after=1)
    assert await library.communities() == []
    await library.job("communities")
    assert len(await library.communities()) == 1
