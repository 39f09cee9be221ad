"""Deep recall: it takes the second step to an answer, and goes where the caller may go."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient

from tests.fixtures.service import contents, recall, remember, settle

_QUESTION = "Who started the publisher of the Journal of Coastal Studies?"
_JOURNAL = "Journal of Coastal Studies\nIt is published by the Meridian Society, four times a year."
_SOCIETY = "Meridian Society\nA learned body in Bergen. Ada Brandt was its first president."
_OTHERS = [
    f"{kind} walks\nEvery path of the {kind.lower()} is told here, with its studies and its sights."
    for kind in ("Mountain", "River", "Desert", "Polar", "Urban", "Rural")
]


@pytest.fixture
async def library(client: AsyncClient, space: str) -> str:
    """Documents, two of which answer the question together."""
    documents = [{"content": text, "kind": "document"} for text in (_JOURNAL, _SOCIETY, *_OTHERS)]
    await remember(client, space, *documents, consolidate=False)
    await settle(client, space)
    return space


async def _ask(client: AsyncClient, space: str, mode: str, **more: Any) -> dict[str, Any]:
    return await recall(client, space, _QUESTION, mode=mode, k=2, **more)


@pytest.mark.parametrize("mode", ["deep", "auto"])
async def test_the_second_step_is_found_deep_and_not_fast(
    client: AsyncClient, library: str, mode: str
) -> None:
    fast = await _ask(client, library, "fast")
    assert _SOCIETY not in contents(fast)
    assert not {"deep", "bridge"} & set(fast["timings_ms"])
    deep = await _ask(client, library, mode)
    assert _SOCIETY in contents(deep)
    assert contents(deep)[0] == contents(fast)[0] == _JOURNAL
    assert deep["degraded"] == []
    assert {"deep", "bridge"} <= set(deep["timings_ms"])


async def test_a_hit_says_what_led_to_it(client: AsyncClient, library: str) -> None:
    deep = await _ask(client, library, "deep")
    [hit] = [h for h in deep["hits"] if h["memory"]["content"] == _SOCIETY]
    assert "leads on from Journal of Coastal Studies: Meridian Society" in hit["reason"]
    assert hit["channels"]["bridge"]["rank"] >= 1
    plain = await _ask(client, library, "deep", explain=False)
    assert {h["reason"] for h in plain["hits"]} == {""}


async def test_the_bridge_can_be_left_out(client: AsyncClient, library: str) -> None:
    without = await _ask(client, library, "deep", without=["bridge"])
    assert _SOCIETY not in contents(without)


async def test_auto_stays_with_what_suffices(client: AsyncClient, space: str) -> None:
    await remember(client, space, "Nora keeps the green lamp in the attic", consolidate=False)
    await settle(client, space)
    answer = await recall(client, space, "Where is the green lamp of Nora?", mode="auto")
    assert len(answer["hits"]) == 1
    assert "bridge" not in answer["timings_ms"]


@pytest.mark.parametrize("mode", ["deep", "auto"])
async def test_where_nothing_fits_there_is_nothing_to_lead_on_from(
    client: AsyncClient, library: str, mode: str
) -> None:
    answer = await recall(client, library, "xqzzv wlorf", mode=mode)
    assert (answer["abstained"], answer["hits"]) == (True, [])


async def test_filters_hold_on_the_way(client: AsyncClient, library: str) -> None:
    answer = await _ask(client, library, "deep", time_range={"to": "2001-01-01T00:00:00Z"})
    assert answer["hits"] == []
    answer = await recall(client, library, _QUESTION, mode="deep", k=50, kinds=["message"])
    assert answer["hits"] == []


async def test_what_was_forgotten_is_not_led_to(client: AsyncClient, library: str) -> None:
    deep = await _ask(client, library, "deep")
    [society] = [h["memory"]["id"] for h in deep["hits"] if h["memory"]["content"] == _SOCIETY]
    await client.delete(f"/v1/spaces/{library}/memories/{society}")
    answer = await recall(client, library, _QUESTION, mode="deep", k=50)
    assert _SOCIETY not in contents(answer)
    assert all("Meridian" not in hit["reason"] for hit in answer["hits"])
