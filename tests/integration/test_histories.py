"""Random histories: any order ends in the same beliefs, and what is taken back never was.

Confirmations count the runs that say a thing again, so they depend on the batches. What was told of
a name while it was merged stays with the entity that it was merged into; so what is taken back from
the middle of a history is compared where nothing was merged.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, note
from hypothesis import strategies as st

from memory_service.verbs.services import Services
from stores.ids import now
from tests.fixtures.database import Urls
from tests.fixtures.histories import (
    Episode,
    Past,
    Step,
    differences,
    episodes,
    few,
    histories,
    residue,
)
from tests.fixtures.service import running, settings_for


@pytest.fixture(scope="module")
async def services(own: Urls, data_dir: Path) -> AsyncIterator[Services]:
    """What the verbs work with."""
    async with running(settings_for(own, data_dir)) as service:
        yield service.parts.services


def told_in(steps: Sequence[Step]) -> list[Episode]:
    """All that is told in a history."""
    return [episode for step in steps for episode in step.episodes]


def claims_of(view: dict[str, list[str]]) -> list[str]:
    """The memories that claim something."""
    return [memory for memory in view["memories"] if not memory.startswith("(None")]


def without(steps: Sequence[Step], gone: Episode) -> list[Step]:
    """The history in which an episode was never told."""
    left = [replace(s, episodes=tuple(e for e in s.episodes if e != gone)) for s in steps]
    return [step for step in left if step != Step()]


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
    note("\n".join(map(str, steps)))
    past = await Past.begin(services, told_in(steps))
    done = []
    for step in steps:
        before = await past.rows()
        if run_id := await past.do(step):
            done.append((run_id, before))
    for run_id, before in reversed(done):
        await past.undo(run_id)
        assert differences(await past.rows(), before) == []


@few
@given(histories(splits=True))
async def test_going_on_after_an_undo_is_as_if_the_run_had_never_been(
    services: Services, steps: tuple[Step, ...]
) -> None:
    note("\n".join(map(str, steps)))
    *before, run, after = steps if len(steps) > 2 else (steps[0], *steps)
    undone = await Past.begin(services, told_in(steps))
    await undone.live(before)
    if (run_id := await undone.do(run)) and run.split is None:
        await undone.undo(run_id)
        await undone.do(after)
        never = await Past.begin(services, told_in(steps))
        await never.live([*before, after])
        assert await undone.view() == await never.view()


@few
@given(histories(merges=False), st.data())
async def test_undoing_an_earlier_run_takes_back_what_was_built_on_it_and_nothing_else(
    services: Services, steps: tuple[Step, ...], data: st.DataObject
) -> None:
    note("\n".join(map(str, steps)))
    undone = await Past.begin(services, told_in(steps))
    done = await undone.live(steps)
    run_id = data.draw(st.sampled_from([run_id for run_id in done if run_id]))
    gone = await undone.undo(run_id, cascade=True)
    never = await Past.begin(services, told_in(steps))
    await never.live([step for step, run_id in zip(steps, done, strict=True) if run_id not in gone])
    assert await undone.view() == await never.view()


@few
@given(histories(merges=False), st.data())
async def test_what_is_erased_was_never_told_and_leaves_nothing(
    services: Services, own: Urls, steps: tuple[Step, ...], data: st.DataObject
) -> None:
    note("\n".join(map(str, steps)))
    erased = await Past.begin(services, told_in(steps))
    done = await erased.live(steps)
    episode = data.draw(st.sampled_from(told_in(steps)))
    await erased.erase(episode)
    never = await Past.begin(services, told_in(steps))
    again = await never.live(without(steps, episode))
    assume(done.count(None) == again.count(None))
    once = await never.view(confirmations=False)
    assert await erased.view(confirmations=False) == once
    assert residue(own.superuser, erased, episode.word) == []


@few
@given(histories(splits=True))
async def test_what_was_believed_then_is_still_told_of_then(
    services: Services, steps: tuple[Step, ...]
) -> None:
    note("\n".join(map(str, steps)))
    past = await Past.begin(services, told_in(steps))
    then = []
    done = []
    for step in steps:
        done.append(await past.do(step))
        moment = now()
        then.append((moment, await past.known(moment)))
    if steps[-1].split is None and done[-1]:
        await past.undo(done[-1])
    for moment, believed in then:
        assert await past.known(moment) == believed


@few
@given(histories())
async def test_a_merge_and_a_split_leave_everything_as_it_was(
    services: Services, steps: tuple[Step, ...]
) -> None:
    note("\n".join(map(str, steps)))
    past = await Past.begin(services, told_in(steps))
    await past.live(steps)
    before = await past.rows()
    if await past.do(Step(merge=("Ana", "Anouk"))):
        await past.do(Step(split="Ana"))
        assert differences(await past.rows(), before) == []


@few
@given(histories(merges=False), st.data())
async def test_a_run_can_be_undone_after_an_erasure(
    services: Services, steps: tuple[Step, ...], data: st.DataObject
) -> None:
    note("\n".join(map(str, steps)))
    before = steps[:-1]
    undone = await Past.begin(services, told_in(steps))
    *done, run_id = await undone.live(steps)
    episode = data.draw(st.sampled_from(told_in(before)))
    await undone.erase(episode)
    if run_id is not None:
        await undone.undo(run_id)
    never = await Past.begin(services, told_in(steps))
    again = await never.live(without(before, episode))
    assume(done.count(None) == again.count(None))
    assert claims_of(await undone.view(confirmations=False)) == claims_of(
        await never.view(confirmations=False)
    )
