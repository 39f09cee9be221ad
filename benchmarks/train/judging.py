"""How good the weights are on conversations they have not seen, and what each feature is worth."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.quality import metrics
from benchmarks.quality.comparison import difference
from benchmarks.quality.tables import percent, table
from benchmarks.talks import CATEGORIES
from benchmarks.train.confidence import Confidence, Scored, forecasts
from benchmarks.train.examples import Collected, Floats, Source
from benchmarks.train.fitting import fit

DEPTHS = (5, 10, 20)
#: Features that belong together: left out together to see what they are worth.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "answer before": ("answers", "follows"),
    "kind of answer": ("place", "person", "number", "date", "dated"),
    "who speaks": ("speaker", "voice"),
    "shape": ("asks", "length"),
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeldOut:
    """A conversation, and the weights that all others have taught."""

    source: Source
    weights: Floats

    def scored(self) -> Iterator[Scored]:
        """Its examples with their scores."""
        for example in self.source.examples:
            yield example, example.features @ self.weights


def held_out(collected: Collected, without: Collection[str] = ()) -> list[HeldOut]:
    """Every conversation, by what is learned from the others."""
    return [
        HeldOut(
            source=source,
            weights=fit(
                [other for other in collected.sources if other is not source],
                collected.names,
                without=without,
            ),
        )
        for source in collected.sources
    ]


def recalls(folds: Sequence[HeldOut], k: int, category: int | None = None) -> list[float]:
    """Evidence recall of every answerable question, or of those of a category."""
    return [
        example.recall(scores, k)
        for fold in folds
        for example, scores in fold.scored()
        if example.answerable and category in {None, example.category}
    ]


def recall_table(folds: Sequence[HeldOut]) -> str:
    """A row per conversation, and one per category of all."""
    lines = [[f.source.name, *_cells([f])] for f in folds]
    lines += [
        [title, *_cells(folds, category)] for category, title in CATEGORIES.items() if category != 5
    ]
    lines.append(["all", *_cells(folds)])
    return table(["held out", "n", *(f"R@{k}" for k in DEPTHS)], lines)


def _cells(folds: Sequence[HeldOut], category: int | None = None) -> list[str]:
    found = [recalls(folds, k, category) for k in DEPTHS]
    means = [percent(statistics.fmean(one)) if one else "–" for one in found]
    return [str(len(found[0])), *means]


def ablation_table(collected: Collected, folds: Sequence[HeldOut]) -> str:
    """What is lost, in points, when trained without a feature or a group of them."""
    lines = []
    for title, names in _groups(collected.names):
        others = held_out(collected, without=names)
        lost = [
            difference(list(zip(recalls(folds, k), recalls(others, k), strict=True)))
            for k in DEPTHS
        ]
        lines.append([title, *lost])
    return table(["trained without", *(f"R@{k}" for k in DEPTHS)], lines)


def _groups(names: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    grouped = {name for group in GROUPS.values() for name in group}
    yield from ((name, (name,)) for name in names if name not in grouped)
    for title, group in GROUPS.items():
        if present := tuple(name for name in group if name in names):
            yield f"{title} ({', '.join(present)})", present


def calibration_error(folds: Sequence[HeldOut], confidence: Confidence) -> float:
    """ECE of what is said of the best hits."""
    said = forecasts((scored for fold in folds for scored in fold.scored()), confidence)
    return metrics.calibration_error(metrics.equal_mass(said))
