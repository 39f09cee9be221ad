"""Both time axes of a memory, as bars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.axes import WIDTH, axes

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = st.none() | st.integers(min_value=-20_000, max_value=20_000)


def version(valid: int | None, invalid: int | None, occurred: int | None = None) -> dict[str, Any]:
    at = [
        None if d is None else (NOW + timedelta(days=d)).isoformat()
        for d in (valid, invalid, occurred)
    ]
    return {"time": {"valid_at": at[0], "invalid_at": at[1], "occurred_at": at[2]}}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(DAYS, DAYS, DAYS), min_size=1, max_size=6))
def test_every_bar_and_now_lie_in_the_picture(
    spans: list[tuple[int | None, int | None, int | None]],
) -> None:
    drawn = axes([version(*span) for span in spans], NOW)

    assert len(drawn.bars) == len(spans)
    assert 0 <= drawn.now <= WIDTH
    assert all(bar.x >= 0 and bar.width > 0 for bar in drawn.bars)


def test_what_has_no_end_runs_out_of_the_picture() -> None:
    since, ever, over = axes([version(-10, None), version(None, None), version(-20, -10)], NOW).bars

    assert (since.open_left, since.open_right) == (False, True)
    assert since.x + since.width == WIDTH
    assert (ever.x, ever.width) == (0.0, WIDTH)
    assert (over.open_left, over.open_right) == (False, False)
    assert abs(over.x + over.width - since.x) < 0.2


def test_what_happened_is_a_moment() -> None:
    (bar,) = axes([version(None, None, occurred=-5)], NOW).bars

    assert bar.width == 4.0
    assert not bar.open_right
