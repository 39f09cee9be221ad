"""What becomes of an adapter by schedule: one table of cases."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from consolidation.distill.promotion import Step, next_step
from stores.ids import MemoryId, SpaceId, TenantId
from stores.parametric import AdapterRow, AdapterState, Member

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TEN = range(10)


def members(numbers: range | tuple[int, ...], said: str = "") -> tuple[Member, ...]:
    return tuple(
        Member(memory_id=MemoryId(UUID(int=number)), version=1, sha256=f"{number}{said}")
        for number in numbers
    )


def adapter(numbers: range | tuple[int, ...], said: str = "") -> AdapterRow:
    """One that has learned these."""
    return AdapterRow(
        id=MemoryId(UUID(int=100)), tenant=TenantId(UUID(int=1)), space_id=SpaceId(UUID(int=2)),
        space="home", version=1, alias="memory", state=AdapterState.ACTIVE, share=0, activate=True,
        actor="a", base_model="tiny", base_model_hash="", artifact_sha256=None,
        artifact_bytes=None, manifest=members(numbers, said), manifest_sha256=None,
        data_sha256=None, metrics={}, training={}, progress={}, error=None, replaces=None,
        created_at=NOW, changed_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "active", "newest", "step"),
    [
        ((), None, None, Step.NOTHING),
        (members(TEN), None, None, Step.BUILD),
        # As it is, whoever made it so: serving, failed, or taken out by hand.
        (members(TEN), adapter(TEN), adapter(TEN), Step.NOTHING),
        (members(TEN), None, adapter(TEN), Step.NOTHING),
        # One more of ten is worth it, of twenty it is not.
        (members(range(11)), adapter(TEN), adapter(TEN), Step.BUILD),
        (members(range(21)), adapter(range(20)), adapter(range(20)), Step.NOTHING),
        # One less always is.
        (members(range(19)), adapter(range(20)), adapter(range(20)), Step.BUILD),
        (members(range(1, 21)), adapter(range(20)), adapter(range(20)), Step.BUILD),
        ((), adapter(TEN), adapter(TEN), Step.RETIRE),
        # It says something else now.
        (members(TEN, "new"), adapter(TEN), adapter(TEN), Step.BUILD),
    ],
)
def test_what_is_done(
    wanted: tuple[Member, ...], active: AdapterRow | None, newest: AdapterRow | None, step: Step
) -> None:
    assert next_step(wanted, active, newest) is step
