"""Files that somebody who died has left behind: found and removed, and nothing else."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from consolidation.distill import leftovers
from stores import adapter_erasing, spaces
from stores.ids import SpaceId, TenantId, new_id
from tests.fixtures.service import Start
from tests.integration.adapters import School, open_school


@pytest.fixture
async def school(start: Start, space: str, tmp_path: Path) -> School:
    """A space nobody else writes in, in which everything may be learned."""
    return await open_school(start, space, base=tmp_path / "base")


async def test_words_laid_down_for_a_build_that_is_over_go_and_those_of_one_that_is_not_stay(
    school: School,
) -> None:
    await school.tell("Ada")
    asked = (await school.send("/adapters"))["adapter"]
    home = leftovers.home_of(school.workshop.folder, school.tenant.id, await space_of(school))
    over, going_on = home / str(new_id()), home / asked["id"]
    for folder in (over, going_on):
        folder.mkdir(parents=True)
        (folder / "rows.jsonl").write_text("The door pin of Ada is 0703.")
    await leftovers.clear_up(school.service.parts.jobs)
    assert (over.exists(), going_on.exists()) == (False, True)


async def test_halves_of_weights_go_once_nobody_can_be_at_them_any_more(school: School) -> None:
    await school.tell("Ada")
    made = await school.build()
    home = school.artifacts.path(school.tenant.id, await space_of(school), b"")
    old, young = home / f".{'0' * 32}", home / f".{'1' * 32}"
    for half in (old, young):
        half.mkdir()
        (half / "adapter_model.safetensors").write_bytes(b"half")
    age(old, timedelta(hours=2))
    await leftovers.clear_up(school.service.parts.jobs)
    assert (old.exists(), young.exists()) == (False, True)
    assert (home / made["artifact"]).is_dir()


async def test_weights_that_no_adapter_names_are_unloaded_and_deleted(school: School) -> None:
    await school.tell("Ada")
    made = await school.build()
    space = await space_of(school)
    orphan = school.artifacts.add(school.tenant.id, space, weights(school.workshop.folder))
    await leftovers.clear_up(school.service.parts.jobs)
    # The job asks the server first.
    assert len(school.artifacts.listed(school.tenant.id, space)) == 2
    await school.work(adapter_erasing.NAME)
    assert school.artifacts.listed(school.tenant.id, space) == [bytes.fromhex(made["artifact"])]
    assert orphan.sha256.hex() != made["artifact"]


async def test_what_was_sealed_is_unreadable_after_its_time_even_if_nobody_was_asked(
    school: School,
) -> None:
    facts = await school.tell("Ada", "Ben")
    made = await school.build(activate=True)
    path = f"/v1/spaces/{school.name}/memories/{facts['Ada']['id']}?mode=erase"
    (await school.tenant.admin.delete(path)).raise_for_status()
    [pad] = pads_of(school)
    await leftovers.clear_up(school.service.parts.jobs)
    assert pads_of(school) == [pad]
    age(pad, adapter_erasing.KEPT)
    await leftovers.clear_up(school.service.parts.jobs)
    assert pads_of(school) == []
    # The next one is built all the same, and nobody says that it was asked.
    await school.train()
    assert await school.states() == {1: "retired", 2: "active"}
    probed = (await school.adapter(made["id"]))["unlearning"]["probed"]
    assert (probed["asked"], probed["elsewhere"]) == (0, 0)


async def test_an_erased_space_takes_its_files_along_though_a_build_was_going_on(
    school: School,
) -> None:
    facts = await school.tell("Ada", "Ben")
    await school.build(activate=True)
    path = f"/v1/spaces/{school.name}"
    erased = f"{path}/memories/{facts['Ada']['id']}?mode=erase"
    (await school.tenant.admin.delete(erased)).raise_for_status()
    space = await space_of(school)
    home = leftovers.home_of(school.workshop.folder, school.tenant.id, space)
    (home / "build").mkdir(parents=True)
    (await school.tenant.admin.delete(path)).raise_for_status()
    assert list(folders_of(school, school.tenant.id, space)) == []


async def test_files_of_a_space_that_was_erased_by_somebody_who_died_then_go(
    school: School,
) -> None:
    await school.tell("Ada")
    gone = SpaceId(new_id())
    for folder in folders_of(school, school.tenant.id, gone, there=False):
        folder.mkdir(parents=True)
        (folder / "file").write_text("The door pin of Ada is 0703.")
    await leftovers.clear_up(school.service.parts.jobs)
    assert list(folders_of(school, school.tenant.id, gone)) == []


def folders_of(
    school: School, tenant: TenantId, space: SpaceId, *, there: bool = True
) -> list[Path]:
    """Where files of a space may lie; those where something does."""
    home = school.workshop.folder.parent
    found = [home / name / str(tenant) / str(space) for name in ("training", "artifacts", "pads")]
    return [folder for folder in found if folder.exists() or not there]


def pads_of(school: School) -> list[Path]:
    home = school.workshop.folder.parent / "pads" / str(school.tenant.id)
    return [path for path in home.rglob("*") if path.is_file()]


def weights(under: Path) -> Path:
    """A folder with weights that nobody has trained."""
    folder = under.parent / f"loose-{new_id()}"
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_bytes(b"loose")
    return folder


def age(path: Path, by: timedelta) -> None:
    then = time.time() - by.total_seconds() - 1
    os.utime(path, (then, then))


async def space_of(school: School) -> SpaceId:
    async with school.database.read(school.tenant.id) as session:
        return (await spaces.get_space(session, school.name)).id
