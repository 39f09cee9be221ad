"""What a simulation leaves: a line of JSON per checkpoint, charts, and rows for a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from memory_service.simulation.diagram import Points, chart
from memory_service.simulation.records import Checkpoint
from memory_service.simulation.saturation import saturated_at, slope

Value = Callable[[Checkpoint], float | None]

COLUMNS = (
    "Variant", "Episodes", "Memories", "MB", "Recall@10 now", "Stale first", "Recall@10 then",
    "Tokens", "Slope per 1,000", "Saturated at", "Seconds",
)  # fmt: skip
#: A chart of each with one line per variant.
_CHARTS: dict[str, tuple[str, str, Value]] = {
    "recall-valid": ("What holds: recall@10", "share", lambda c: c.valid.recall),
    "recall-superseded": ("What held, as of then: recall@10", "share",
                          lambda c: c.superseded.recall),
    "stale": ("An outdated answer first", "share of questions", lambda c: c.valid.stale),
    "tokens": ("Context for a question", "tokens", lambda c: c.valid.tokens),
    "memories": ("Memories in every state", "memories", lambda c: float(c.memories)),
    "storage": ("Rows, without indexes", "MB", lambda c: _megabytes(c)),
    "episodes": ("Episodes told", "episodes", lambda c: float(c.episodes)),
}  # fmt: skip


def line(checkpoint: Checkpoint) -> str:
    """A checkpoint as a line of JSON."""
    return json.dumps({**asdict(checkpoint), "at": checkpoint.at.isoformat()})


def write_charts(folder: Path, checkpoints: Sequence[Checkpoint]) -> list[Path]:
    """The charts, as SVG files in the folder."""
    charts = {
        name: chart(title, unit, _by_variant(checkpoints, value))
        for name, (title, unit, value) in _CHARTS.items()
    }
    for variant, some in _variants(checkpoints).items():
        charts[f"tiers-{variant}"] = chart(
            f"Active memories by tier: {variant}", "memories", _by_tier(some)
        )
    paths = []
    for name, drawn in charts.items():
        path = folder / f"{name}.svg"
        path.write_text(drawn, encoding="utf-8")
        paths.append(path)
    return paths


def rows(checkpoints: Sequence[Checkpoint]) -> list[tuple[str, ...]]:
    """A row per variant: how it ended, and how its recall fell as it filled."""
    return [_row(variant, some) for variant, some in _variants(checkpoints).items()]


def _row(variant: str, some: Sequence[Checkpoint]) -> tuple[str, ...]:
    last = some[-1]
    recalls = [(float(c.memories), c.valid.recall) for c in some if c.valid.recall is not None]
    falls, full = slope(recalls), saturated_at(recalls)
    return (
        variant, str(last.episodes), str(last.memories), f"{_megabytes(last):.1f}",
        _shown(last.valid.recall), _shown(last.valid.stale), _shown(last.superseded.recall),
        _shown(last.valid.tokens), "" if falls is None else f"{falls:+.4f}",
        "" if full is None else f"{full:.0f}", f"{last.seconds:.0f}",
    )  # fmt: skip


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _megabytes(checkpoint: Checkpoint) -> float:
    return sum(checkpoint.sizes.values()) / 1e6


def _variants(checkpoints: Sequence[Checkpoint]) -> dict[str, list[Checkpoint]]:
    names = dict.fromkeys(c.variant for c in checkpoints)
    return {name: [c for c in checkpoints if c.variant == name] for name in names}


def _by_variant(checkpoints: Sequence[Checkpoint], value: Value) -> dict[str, Points]:
    return {
        name: [(float(c.day), y) for c in some if (y := value(c)) is not None]
        for name, some in _variants(checkpoints).items()
    }


def _by_tier(some: Sequence[Checkpoint]) -> dict[str, Points]:
    tiers = dict.fromkeys(tier for c in some for tier in c.tiers)
    return {tier: [(float(c.day), float(c.tiers.get(tier, 0))) for c in some] for tier in tiers}
