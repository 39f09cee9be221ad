"""BM25 in the database is BM25 in the ranking: one formula, two places that compute it."""

from __future__ import annotations

import pytest
from httpx import AsyncClient

from benchmarks import texts
from retrieval import channels
from retrieval.candidates import candidates
from stores import spaces
from stores.scope import Filter, Scope
from stores.search import Search, model_id, query_terms
from tests.fixtures.candidates import query
from tests.fixtures.service import Service, Tenant, remember, settle

_TOLD = 120


@pytest.fixture
async def told(client: AsyncClient, space: str) -> list[str]:
    """Two spaces with different words in them, and one without any."""
    names = [space, f"{space}-other", f"{space}-empty"]
    for name, start in zip(names, (0, 1000), strict=False):
        lines = [texts.episode(n)["content"] for n in range(start, start + _TOLD)]
        await remember(client, name, *lines, "A lamp, a lamp, a lamp", consolidate=False)
        await settle(client, name)
    await client.put(f"/v1/spaces/{names[2]}")
    return names


@pytest.mark.parametrize(
    "question",
    [
        texts.episode(3)["content"],
        texts.episode(1003)["content"],
        "Where is the lamp?",
        "the lamp and a word that nobody said",
    ],
)
@pytest.mark.parametrize("count", [1, 3])
async def test_the_channel_and_the_ranking_agree(
    service: Service, tenant: Tenant, told: list[str], question: str, count: int
) -> None:
    """A channel's score is the ranking's BM25 times the question's idf, the same in all a space."""
    database = service.parts.services.database
    async with database.read(tenant.id) as session:
        known = await spaces.find_spaces(session, told)
    scope = Scope(tenant=tenant.id, spaces=tuple(known[name] for name in told[:count]))
    search = Search(database, scope, Filter())
    [lexical] = [channel for channel in channels.load() if channel.name == "lexical"]
    terms = query_terms(question)

    pool = await lexical.search(search, query(question))
    seeds = {found.memory_id: found.part for found in pool}
    rows = await search.surroundings(seeds, None, model_id("none"), contents=False)
    made = candidates(rows, question, terms, await search.count_terms(terms))

    share = dict(zip([head.memory_id for head in made.heads], made.bm25, strict=True))
    space_of = {head.memory_id: head.space for head in made.heads}
    units: dict[int, list[float]] = {}
    for found in pool:
        ratio = found.score / float(share[found.memory_id])
        units.setdefault(space_of[found.memory_id], []).append(ratio)
    assert pool
    assert len(units) == min(count, 2)
    for ratios in units.values():
        assert ratios == pytest.approx([ratios[0]] * len(ratios))
    if count == 1:
        best = max(share.values())
        assert [found.score / pool[0].score for found in pool] == pytest.approx(
            [share[found.memory_id] / best for found in pool]
        )


async def test_terms_are_counted_for_every_space_in_its_place(
    service: Service, tenant: Tenant, told: list[str]
) -> None:
    database = service.parts.services.database
    async with database.read(tenant.id) as session:
        known = await spaces.find_spaces(session, told)
    scope = Scope(tenant=tenant.id, spaces=tuple(known[name] for name in reversed(told)))
    empty, other, first = await Search(database, scope, Filter()).count_terms(
        ["lamp", "nosuchword"]
    )
    assert (empty.parts, empty.counts) == (0, (0, 0))
    for found in (other, first):
        assert found.parts == _TOLD + 1
        assert found.counts[0] >= 1
        assert found.counts[1] == 0
        assert not found.labelled
