"""What is trained: signs hold, what helps weighs more, what is fixed stays; and what is kept."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from benchmarks.train import confidence, fitting
from benchmarks.train.command import model
from benchmarks.train.confidence import Confidence, margins, platt, threshold
from benchmarks.train.examples import (
    Answered,
    Example,
    Heard,
    Source,
    collected,
    dump,
    example,
    load,
)
from benchmarks.train.judging import held_out, recalls

NAMES = ("asks", "noise", "speaker", "support", "words")


def hit(turn: str, **features: float) -> dict[str, Any]:
    return {"turns": [turn], "features": features}


def answered(number: int, category: int = 4) -> Answered:
    """The gold turn has the words, does not ask, and is mostly said by whom the question names."""
    chance = np.random.default_rng(number)
    hits = [
        hit(
            f"D1:{turn}",
            words=float(chance.uniform(0.5, 1) if turn == 1 else chance.uniform(0, 0.8)),
            asks=float(turn != 1 and chance.random() < 0.5),
            noise=float(chance.random()),
            speaker=float(turn % 2),
        )
        for turn in range(1, 9)
    ]
    hits[-1]["features"]["support"] = 0.5
    return Answered(category=category, gold=("D1:1",), hits=tuple(hits))


def heard(name: str = "ada-bo", weight: float = 1.0, seed: int = 0) -> Heard:
    answers = tuple(answered(100 * seed + number) for number in range(60))
    return Heard(name=name, weight=weight, answers=answers)


@pytest.fixture(scope="module")
def learned() -> dict[str, float]:
    found = collected([heard()])
    return dict(zip(found.names, fitting.fit(found.sources, found.names).tolist(), strict=True))


def test_features_are_named_by_the_answers_and_are_0_where_they_are_not() -> None:
    found = collected([heard()])
    assert found.names == NAMES
    first = found.sources[0].examples[0]
    assert first.features.shape == (8, 5)
    assert first.features[:, NAMES.index("support")].tolist() == [0.0] * 7 + [0.5]
    assert first.is_gold.tolist() == [True, *[False] * 7]


def test_a_hit_counts_for_every_turn_it_rests_on() -> None:
    summary = {"turns": ["D1:1", "D1:2", "D1:3"], "features": {"words": 0.9}}
    asked = Answered(category=1, gold=("D1:2", "D2:1"), hits=(summary, hit("D2:1", words=0.1)))
    made = example(asked, ("words",))
    assert made.recall(made.features[:, 0], 1) == 0
    assert made.recall(made.features[:, 0], 3) == 0.5
    assert made.recall(made.features[:, 0], 4) == 1


def test_what_helps_weighs_and_signs_hold(learned: dict[str, float]) -> None:
    assert learned["words"] > 1
    assert learned["asks"] < 0
    assert all(weight >= 0 for name, weight in learned.items() if name != "asks")
    assert learned["noise"] < learned["words"] / 3


def test_fixed_features_keep_their_weight(learned: dict[str, float]) -> None:
    assert learned["support"] == 1.0


def test_what_is_left_out_weighs_nothing() -> None:
    found = collected([heard()])
    weights = fitting.fit(found.sources, found.names, without=("words", "support"))
    assert [weights[NAMES.index(name)] for name in ("words", "support")] == [0, 0]


def test_the_gradient_is_that_of_the_loss() -> None:
    found = collected([heard()])
    free = np.array([name not in fitting.FIXED for name in NAMES])
    fixed = np.array([fitting.FIXED.get(name, 0.0) for name in NAMES])
    scale = fitting._deviations(found.sources)
    batch = fitting._batch(found.sources, free, scale, fixed)
    at = np.array([-0.3, 0.1, 0.2, 1.0])
    _, gradient = fitting._loss(at, batch, 0.1)
    for place in range(4):
        step = np.eye(4)[place] * 1e-6
        rise = fitting._loss(at + step, batch, 0.1)[0] - fitting._loss(at - step, batch, 0.1)[0]
        assert gradient[place] == pytest.approx(rise / 2e-6, abs=1e-5)


def test_a_conversation_weighs_the_same_however_many_questions_it_has() -> None:
    few, many = heard(seed=1), heard(name="cy-di", seed=2)
    many = Heard(name="cy-di", weight=1.0, answers=many.answers * 5)
    found = collected([few, many])
    free, fixed = np.ones(5, dtype=np.bool_), np.zeros(5)
    batch = fitting._batch(found.sources, free, np.ones(5), fixed)
    assert batch.weight[:60].sum() == pytest.approx(batch.weight[60:].sum())


def test_questions_without_an_answer_are_not_learned_from() -> None:
    good = heard()
    lookalikes = tuple(answered(number, category=5) for number in range(1000, 1050))
    mixed = collected([Heard(name="ada-bo", weight=1.0, answers=good.answers + lookalikes)])
    plain = collected([good])
    trained = [fitting._batch(c.sources, *_plain()).features.shape[0] for c in (mixed, plain)]
    assert trained == [60, 60]


def _plain() -> tuple[Any, Any, Any]:
    return np.ones(5, dtype=np.bool_), np.ones(5), np.zeros(5)


def test_held_out_weights_never_saw_their_conversation() -> None:
    found = collected([heard(), heard(name="cy-di", seed=1)])
    first, second = held_out(found)
    assert np.allclose(first.weights, fitting.fit([second.source], found.names))
    assert len(recalls([first, second], 1)) == 120
    assert np.mean(recalls([first], 3)) > 0.7


def test_probabilities_are_calibrated() -> None:
    found = collected([heard()])
    weights = fitting.fit(found.sources, found.names)
    scored = [(e, e.features @ weights) for e in found.sources[0].examples]
    fitted = platt(scored)
    said = confidence.forecasts(scored, fitted)
    assert np.mean([p for p, _ in said]) == pytest.approx(1 / 8, abs=0.01)
    best = np.mean([p for p, true in said if true])
    assert best > 2 * np.mean([p for p, true in said if not true])


def test_no_hits_are_no_probabilities() -> None:
    fitted = Confidence(score=1.0, lead=1.0, constant=0.0)
    assert fitted.probabilities(np.zeros(0)).shape == (0,)


def _of(named: list[float], words: list[float], category: int = 4) -> Example:
    rows = [
        hit(f"D1:{n}", speaker=s, words=w)
        for n, (s, w) in enumerate(zip(named, words, strict=True))
    ]
    asked = Answered(category=category, gold=("D1:0",), hits=tuple(rows))
    return example(asked, ("speaker", "words"))


def test_margins_leave_the_speaker_aside() -> None:
    examples = [
        _of([1, 0], [0.9, 0.5]),
        _of([1, 0], [0.2, 0.5], category=5),
        _of([1, 1], [0.9, 0.5]),
        _of([0, 0], [0.9, 0.5]),
    ]
    margin, answerable = margins(examples, np.array([100.0, 2.0]), ("speaker", "words"))
    assert margin.tolist() == [pytest.approx(0.8), pytest.approx(-0.6), np.inf, np.inf]
    assert answerable.tolist() == [True, False, True, True]


def test_the_threshold_wrongs_at_most_so_many() -> None:
    margin = np.concatenate([np.linspace(-3, 3, 1000), np.full(100, -9.0)])
    answerable = np.arange(1100) < 1000
    limit = threshold(margin, answerable, 0.02)
    assert (margin[answerable] < limit).mean() <= 0.02
    assert (margin[answerable] < limit + 0.1).mean() > 0.02


def test_the_file_has_rounded_weights_and_none_that_weigh_nothing() -> None:
    fitted = Confidence(score=0.12345, lead=0.5, constant=-2.0)
    made = model(
        "base-1", ("a", "b", "c"), np.array([0.00001, 2.34567, -3.0]), fitted,
        other_speaker=-1.1, trained_on="us", figures={},
    )  # fmt: skip
    assert made["weights"] == {"c": -3.0, "b": 2.346}
    assert made["confidence"]["score"] == 0.123


def test_answers_survive_a_file() -> None:
    before = [heard(), heard(name="cy-di", weight=1 / 3)]
    assert load(json.loads(json.dumps(dump(before)))) == before


def test_a_source_without_answerable_questions_teaches_nothing() -> None:
    one = example(answered(1, category=5), NAMES)
    assert Source(name="x", weight=1.0, examples=(one,)).answerable == []
