"""A training that is watched while it goes on: by REST, with the SDK, and in the dashboard."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from memory_sdk import AsyncClient as Sdk

from llm_backend.training.events import Event, Loaded, Stepped
from llm_backend.training.script import ScriptTrainer
from tests.fixtures.service import Start
from tests.integration.adapters import School, open_school

_CHART = re.compile(r'data-chart="([^"]*)"')
#: A little longer than between two accounts of a training.
PAUSE_S = 1.05
LOSSES = (4.0, 2.0, 1.0)


@pytest.fixture
async def school(start: Start, space: str, tmp_path: Path) -> School:
    """A space nobody else writes in, in which everything may be learned."""
    return await open_school(start, space, base=tmp_path / "base")


class Looked(ScriptTrainer):
    """Learns slowly, and has somebody look after each step."""

    def __init__(self, school: School, look: Any) -> None:
        super().__init__(school.answer())
        self._look = look

    async def train(self, folder: Path) -> AsyncGenerator[Event, None]:
        yield Loaded(device="cpu", base_hash="0", parameters=1, step=0)
        for step, loss in enumerate(LOSSES, 1):
            await asyncio.sleep(PAUSE_S)
            yield Stepped(step=step, steps=len(LOSSES), loss=loss, seconds=float(step))
            await self._look()
        async for event in super().train(folder):
            if not isinstance(event, Loaded | Stepped):
                yield event


async def test_its_loss_is_told_by_rest_and_shown_while_it_is_trained(school: School) -> None:
    await school.tell("Ada")
    browser = await logged_in(school)
    told: list[tuple[dict[str, Any], list[Any], str]] = []

    async def look() -> None:
        [adapter] = (await school.get("/adapters"))["items"]
        page = (await browser.get(f"/admin/spaces/{school.name}/adapters/{adapter['id']}")).text
        told.append((adapter["progress"], curve_of(page), page))

    made = await school.build(Looked(school, look))
    assert [(one["step"], one["loss"], one["stage"]) for one, _, _ in told] == [
        (1, 4.0, "training"), (2, 2.0, "training"), (3, 1.0, "training"),
    ]  # fmt: skip
    assert [one["curve"] for one, _, _ in told] == [
        [[1, 4.0]], [[1, 4.0], [2, 2.0]], [[1, 4.0], [2, 2.0], [3, 1.0]],
    ]  # fmt: skip
    # The page draws what there is of it, and asks again by itself until it is over.
    assert [curve for _, curve, _ in told] == [[], told[1][0]["curve"], told[2][0]["curve"]]
    assert all('hx-trigger="every 2s"' in page for _, _, page in told)
    assert "It learns." in told[1][2]
    after = (await browser.get(f"/admin/spaces/{school.name}/adapters/{made['id']}")).text
    assert "hx-trigger" not in after
    assert curve_of(after) == made["progress"]["curve"]


async def test_the_sdk_tells_of_each_change_until_it_is_built(school: School) -> None:
    await school.tell("Ada")
    asked = (await school.send("/adapters"))["adapter"]
    key = school.tenant.admin.headers["Authorization"].removeprefix("Bearer ")
    seen: list[tuple[str, int]] = []

    async def nothing() -> None:
        return None

    async def watch() -> None:
        transport = ASGITransport(school.service.app)
        async with Sdk("http://memory", key, transport=transport) as sdk:
            async for adapter in sdk.space(school.name).adapters.watch(asked["id"], every=0.1):
                seen.append((adapter.state, len(adapter.progress.get("curve", []))))

    await asyncio.gather(watch(), school.train(Looked(school, nothing)))
    # Between the last step and the gate there may be no time to look.
    assert {1, 2} <= {points for state, points in seen if state == "building"}
    assert seen[-1] == ("gated", len(LOSSES))


async def logged_in(school: School) -> AsyncClient:
    """Somebody who looks at the dashboard."""
    browser = await school.service.client()
    key = school.tenant.admin.headers["Authorization"].removeprefix("Bearer ")
    assert (await browser.post("/admin/login", data={"key": key})).status_code == 303
    return browser


def curve_of(page: str) -> list[Any]:
    """The points that the page's chart is drawn of; none without a chart."""
    found = _CHART.search(page)
    if found is None:
        return []
    points: list[Any] = json.loads(html.unescape(found[1]))["series"][0]["data"]
    return points
