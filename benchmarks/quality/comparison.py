"""Two runs side by side, paired by question; `*` where the interval excludes 0."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from benchmarks.quality import measures
from benchmarks.quality.asking import BUDGETS, MODES
from benchmarks.quality.paired import Interval, interval
from benchmarks.quality.rows import Measure, Row, pairs
from benchmarks.quality.tables import OVERALL, percent, table
from benchmarks.talks import CATEGORIES


def differences(now: Sequence[Row], before: Sequence[Row]) -> str:
    """Every figure of this run less that of an earlier one, in points."""
    both = pairs(now, before)
    lines = [
        [name, str(len(found)), percent(_mean(old)), percent(_mean(new)), difference(found)]
        for name, part, measure in _compared(now)
        if (found := _paired(both, part, measure))
        for old, new in [([b for _, b in found], [a for a, _ in found])]
    ]
    return table(["figure", "n", "before", "now", "difference, 95 %"], lines)


def ablation(rows: Sequence[Row], without: dict[str, list[Row]]) -> str:
    """What each channel or stage is worth: the loss without it, in points, positive if it helps."""
    answerable = measures.main_rows(rows)
    possible: list[tuple[str, list[Row], Measure]] = [
        ("R@10", answerable, measures.recall(10)),
        ("R@20", answerable, measures.recall(20)),
        ("nDCG@10", answerable, measures.ndcg),
        ("R@10 multi-hop", [r for r in rows if r.category == 1], measures.recall(10)),
        ("R@10 temporal", [r for r in rows if r.category == 2], measures.recall(10)),
        ("turned down, 5", measures.adversarial(rows), measures.either),
        *((f"passages {m}, R@5", measures.passages(rows, m), measures.recall(5)) for m in MODES),
    ]
    columns = [column for column in possible if column[1]]
    lines = []
    for name, others in without.items():
        both = pairs(rows, others)
        cells = [difference(_paired(both, part, m)) for _, part, m in columns]
        changed = sum(a.found[:10] != b.found[:10] for a, b in both) / len(both)
        spent = statistics.median(a.ms - b.ms for a, b in both)
        lines.append([name, percent(changed), *cells, f"{spent:+.1f}"])
    return table(["without", "top 10 changed", *(title for title, _, _ in columns), "ms"], lines)


def difference(found: Sequence[tuple[float, float]]) -> str:
    """The mean of first less second in points, and its interval."""
    if not found:
        return "–"
    return _difference(interval([a - b for a, b in found]))


def _compared(now: Sequence[Row]) -> Iterator[tuple[str, list[Row], Measure]]:
    answerable = measures.main_rows(now)
    for k in (5, 10, 20):
        yield f"R@{k}, {OVERALL}", answerable, measures.recall(k)
    yield f"hit@10, {OVERALL}", answerable, measures.hit
    yield f"nDCG@10, {OVERALL}", answerable, measures.ndcg
    for number, title in CATEGORIES.items():
        yield f"R@10, {title}", [row for row in now if row.category == number], measures.recall(10)
    for kind in ("asked", "named"):
        part = [row for row in answerable if row.time == kind]
        yield f"R@10, time {kind}", part, measures.recall(10)
    yield "abstained or flagged, adversarial", measures.adversarial(now), measures.either
    yield f"abstained or flagged, {OVERALL}", answerable, measures.either
    yield f"squared error of relevance, {OVERALL}", answerable, measures.squared_error
    for budget in map(str, BUDGETS):
        yield f"gold cited in {budget} tokens", answerable, measures.cited(budget)
        yield f"answer's words in {budget} tokens", answerable, measures.said(budget)
    for mode in MODES:
        for k in (2, 5, 10):
            yield f"passages {mode}, R@{k}", measures.passages(now, mode), measures.recall(k)


def _paired(
    both: Sequence[tuple[Row, Row]], part: Sequence[Row], measure: Measure
) -> list[tuple[float, float]]:
    keys = {row.key for row in part}
    measured = ((measure(a), measure(b)) for a, b in both if a.key in keys)
    return [(a, b) for a, b in measured if a is not None and b is not None]


def _mean(found: Sequence[float]) -> float:
    return sum(found) / len(found)


def _difference(found: Interval) -> str:
    mark = "*" if found.excludes_zero else " "
    return f"{100 * found.mean:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]{mark}"
