"""The process of a training: how it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from llm_backend.training import plan as plans
from llm_backend.training.plan import Plan


def test_it_ends_in_peace_while_the_service_still_listens(tmp_path: Path) -> None:
    """A thread waits for the service to go; it must not be in the way of the end."""
    plan = Plan(
        base=str(tmp_path / "nowhere"), seed=1, steps=1, rank=1, alpha=1, dropout=0, rate=1,
        warmup=1, mix={}, checkpoint_every=1, max_seconds=1, max_memory_mb=8000,
    )  # fmt: skip
    plans.write(tmp_path, plan, [], [])
    line = [sys.executable, "-m", "llm_backend.training", str(tmp_path)]
    with subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said, complained = process.stdout.read(), process.stderr.read()
        assert process.wait(60) == 1
        assert b"training-bad-plan" in said
        assert b"Fatal" not in complained
