"""Random histories: any order ends in the same beliefs, and what is taken back never was."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from memory_service.verbs.services import Services
from tests.fixtures.database import Server
from tests.fixtures.histories import Episode, Past, Step, differences, episodes, histories
from tests.fixtures.service import running, settings_for

few = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


@pytest.fixture(scope="module")
async def services(server: Server, template: str, data_dir: Path) -> AsyncIterator[Services]:
    """A database where no worker does anything in between."""
    urls = server.create(template)
    async with running(settings_for(urls, data_dir)) as service:
        yield service.parts.services
    server.drop(urls)


def told_in(steps: tuple[Step, ...]) -> list[Episode]:
    """All that is told in a history."""
    return [episode for step in steps for episode in step.episodes]


@few
@given(episodes(), st.data())
async def test_any_order_in_any_batches_ends_in_the_same_beliefs(
    services: Services, told: tuple[Episode, ...], data: st.DataObject
) -> None:
    at_once = await Past.begin(services, told)
    await at_once.tell(told)
    bit_by_bit = await Past.begin(services, told)
    left = data.draw(st.permutations(told))
    while left:
        cut = data.draw(st.integers(1, len(left)))
        await bit_by_bit.tell(left[:cut])
        left = left[cut:]
    once = await at_once.view(confirmations=False)
    assert await bit_by_bit.view(confirmations=False) == once


@few
@given(histories())
async def test_undoing_the_last_runs_restores_what_was_before_each(
    services: Services, steps: tuple[Step, ...]
) -> None:
    past = await Past.begin(services, told_in(steps))
    done = []
    for step in steps:
        before = await past.rows()
        if run_id := await past.do(step):
            done.append((run_id, before))
    for run_id, before in reversed(done):
        await past.undo(run_id)
        assert differences(await past.rows(), before) == []
