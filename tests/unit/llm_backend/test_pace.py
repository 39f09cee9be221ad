"""A model is slow while most of its last answers were, and is tried again after a while."""

from __future__ import annotations

import pytest

from llm_backend.pace import SLOW_S, Pace


@pytest.mark.parametrize(
    ("took", "slow"),
    [
        ([], False),
        ([99, 99], False),  # Too few to say.
        ([99, 99, 99], True),
        ([SLOW_S, SLOW_S, 1], True),
        ([99, 1, 1], False),  # One may be the question's fault.
        ([99] * 9 + [1] * 5, False),  # It has recovered.
        ([1] * 9 + [99] * 5, True),
    ],
)
def test_most_of_the_last_answers_tell(took: list[float], slow: bool) -> None:
    pace = Pace(lambda: 0.0)
    for seconds in took:
        pace.note(seconds)
    assert pace.slow is slow


def test_it_is_tried_again_after_a_minute() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    for _ in range(5):
        pace.note(99)
    now = 60.0
    assert pace.slow
    now = 60.1
    assert not pace.slow
