"""For how long something held, in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stores.records import MemoryType, Times
from stores.timeline import period
from tests.fixtures.records import MOMENT, cube


@pytest.mark.parametrize(
    ("begun", "ended", "said"),
    [
        ("2023-01-15", "2024-06-02", "2023-01 – 2024-06"),
        ("2023-01-15", "2023-01-20", "2023-01-15 – 2023-01-20"),
        ("2023-01-15", None, "since 2023-01"),
        (None, "2024-06-02", "until 2024-06"),
        (None, None, None),
    ],
)
def test_a_period_is_told_by_months_or_else_days(
    begun: str | None, ended: str | None, said: str | None
) -> None:
    first, last = (d and datetime.fromisoformat(d).replace(tzinfo=UTC) for d in (begun, ended))
    times = Times(created_at=MOMENT, valid_at=first or None, invalid_at=last or None)
    assert period(cube(type=MemoryType.SEMANTIC, kind="fact", time=times)) == said


def test_what_happened_has_no_period() -> None:
    assert period(cube()) is None
