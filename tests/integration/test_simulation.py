"""A few days in virtual time: what is told is stored, processed, scheduled and asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from memory_service.cli import app
from memory_service.settings import Settings
from memory_service.simulation.inventing import Invention, invent
from memory_service.simulation.records import Checkpoint
from memory_service.simulation.replay import Course, Variant, replay
from memory_service.simulation.world import letters_only, world
from memory_service.verbs.spaces import status

WORKLOAD = invent(Invention(days=4, episodes_per_day=12, people=2, seed=5))


async def _replayed(variant: Variant) -> tuple[list[Checkpoint], Any]:
    course = Course(variant=variant, every_days=2, questions=6)
    async with world(letters_only(Settings()), WORKLOAD.told[0].at) as here:
        found = [checkpoint async for checkpoint in replay(here, WORKLOAD, course)]
        stands, _ = await status(here.services, here.principal, str(variant))
    return found, stands


@pytest.mark.parametrize("variant", [Variant.FULL, Variant.BARE])
async def test_days_pass_and_everything_is_processed(variant: Variant) -> None:
    found, stands = await _replayed(variant)
    assert [checkpoint.day for checkpoint in found] == [2, 4]
    last = found[-1]
    assert (last.episodes, stands.episodes) == (len(WORKLOAD.told), len(WORKLOAD.told))
    assert (stands.pending_jobs, stands.failed_jobs, stands.unembedded) == (0, 0, 0)
    assert last.at > WORKLOAD.told[-1].at
    assert last.valid.asked == 6
    assert last.valid.recall is not None
    assert last.valid.recall > 0.5
    assert last.sizes["memories"] > found[0].sizes["memories"] > 0
    by_itself = {"decay", "merge", "summarise", "cluster"} & last.jobs.keys()
    assert bool(by_itself) == (variant is Variant.FULL)


def test_the_command_leaves_measurements_and_charts(tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--fast", "--days", "2", "--per-day", "8", "--every", "1", "--variant", "bare"]
    ran = CliRunner().invoke(app, ["simulate", *options, "--out", str(out), "--json"])
    assert ran.exit_code == 0, ran.output
    lines = (out / "checkpoints.jsonl").read_text().splitlines()
    assert [json.loads(line)["day"] for line in lines] == [1, 2]
    assert (out / "recall-valid.svg").exists()
    [row] = json.loads(ran.stdout)
    assert (row["Variant"], row["Episodes"]) == ("bare", str(json.loads(lines[-1])["episodes"]))


def test_a_variant_that_there_is_not_is_refused(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["simulate", "--variant", "odd", "--out", str(tmp_path)])
    assert ran.exit_code == 1
    assert "there are full, bare" in str(ran.exception)
