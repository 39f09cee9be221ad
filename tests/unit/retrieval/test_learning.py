"""A space learns from what served, fairly, and only what proves itself on recalls held out."""

from __future__ import annotations

import random
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import pytest

from retrieval.learning import LEAST, learn

BASE = (1.0, 0.0, 0.0)
UNCHANGED = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Judged:
    recall_id: UUID
    ranks: tuple[int, ...]
    features: tuple[tuple[float, ...], ...]
    used: tuple[bool, ...]


def _recalls(count: int, *, telling: int | None, seed: int = 7) -> list[Judged]:
    """Ten memories each, ranked by the first feature; `telling` is the feature of what served."""
    chance = random.Random(seed)  # noqa: S311
    made = []
    for _ in range(count):
        rows = sorted((tuple(chance.gauss(0, 1) for _ in BASE) for _ in range(10)), reverse=True)
        best = (
            chance.randrange(10)
            if telling is None
            else max(range(10), key=lambda i, rows=rows: rows[i][telling])  # type: ignore[misc]
        )
        made.append(
            Judged(
                recall_id=UUID(int=chance.getrandbits(128)),
                ranks=tuple(range(1, 11)),
                features=tuple(rows),
                used=tuple(i == best for i in range(10)),
            )
        )
    return made


def test_what_tells_the_used_from_the_rest_gains_weight() -> None:
    lesson = learn(BASE, UNCHANGED, _recalls(200, telling=1))
    assert lesson is not None
    assert lesson.better
    assert lesson.weights[1] > 0.5
    assert abs(lesson.weights[2]) < 0.2
    assert lesson.metrics["recall_at_3_learned"] > lesson.metrics["recall_at_3_serving"]


def test_chance_is_not_deployed() -> None:
    deployed = [
        lesson.better
        for seed in range(20)
        if (lesson := learn(BASE, UNCHANGED, _recalls(120, telling=None, seed=seed)))
    ]
    assert len(deployed) == 20
    assert sum(deployed) <= 2


def test_what_serves_already_is_not_replaced_by_its_like() -> None:
    recalls = _recalls(200, telling=1)
    first = learn(BASE, UNCHANGED, recalls)
    assert first is not None
    again = learn(BASE, first.weights, recalls)
    assert again is not None
    assert not again.better


def test_a_use_far_down_counts_for_more_than_one_at_the_top() -> None:
    """Half of the uses are at the top by place alone, half at the bottom by merit."""
    top, bottom = ((3.0, 0.0, 0.0), (-3.0, 1.0, 0.0))
    middle = tuple((1.0 - i / 4, 0.0, 0.0) for i in range(8))
    rows = (top, *middle, bottom)
    recalls = [
        Judged(
            recall_id=UUID(int=n),
            ranks=tuple(range(1, 11)),
            features=rows,
            used=tuple(i == (0 if n % 2 else 9) for i in range(10)),
        )
        for n in range(100)
    ]
    lesson = learn((0.0, 0.0, 0.0), UNCHANGED, recalls)
    assert lesson is not None
    score = np.asarray(rows) @ np.asarray(lesson.weights)
    assert score[9] > score[0]


@pytest.mark.parametrize("count", [0, 1, LEAST - 1])
def test_too_little_teaches_nothing(count: int) -> None:
    assert learn(BASE, UNCHANGED, _recalls(count, telling=1)) is None


def test_recalls_of_another_model_are_left_out() -> None:
    assert learn((1.0, 0.0), (0.0, 0.0), _recalls(200, telling=1)) is None


def test_the_same_feedback_teaches_the_same() -> None:
    recalls = _recalls(100, telling=2)
    assert learn(BASE, UNCHANGED, recalls) == learn(BASE, UNCHANGED, recalls)
