"""Tables for people, in Markdown so that they can be pasted into a page."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from benchmarks.quality import measures, metrics
from benchmarks.quality.asking import BUDGETS, IN_FULL, MODES
from benchmarks.quality.metrics import Bin, Forecast
from benchmarks.quality.paired import interval
from benchmarks.quality.rows import Row, mean, values
from benchmarks.talks import CATEGORIES

OVERALL = "1–4"


def table(headers: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Markdown with aligned columns."""
    widths = [max(len(line[n]) for line in (headers, *lines)) for n in range(len(headers))]
    marks = ["-" * widths[0], *(f"{'-' * (width - 1)}:" for width in widths[1:])]

    def shown(line: Sequence[str]) -> str:
        rest = (cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))
        return "| " + " | ".join([line[0].ljust(widths[0]), *rest]) + " |"

    return "\n".join(shown(line) for line in (headers, marks, *lines))


def evidence(rows: Sequence[Row]) -> str:
    """Evidence recall by category, overall, and of questions about time."""
    groups = [(title, [r for r in rows if r.category == n]) for n, title in CATEGORIES.items()]
    answerable = measures.main_rows(rows)
    groups.append((OVERALL, answerable))
    groups.append((f"{OVERALL}, asks for a time", [r for r in answerable if r.time == "asked"]))
    groups.append((f"{OVERALL}, names a time", [r for r in answerable if r.time == "named"]))
    shown = [*(measures.recall(k) for k in (5, 10, 20)), measures.hit, measures.ndcg]
    lines = [
        [title, str(len(part)), *(percent(mean(part, m)) for m in shown), _span(part)]
        for title, part in groups
        if part
    ]
    headers = ["questions", "n", "R@5", "R@10", "R@20", "hit@10", "nDCG@10", "95 % of R@10"]
    return table(headers, lines)


def abstention(rows: Sequence[Row]) -> str:
    """How often nothing was answered, or the question flagged, rightly and wrongly."""
    wrong, right = measures.adversarial(rows), measures.main_rows(rows)
    shown = (measures.abstained, measures.flagged, measures.either)
    lines = [
        [title, str(len(part)), *(percent(mean(part, m)) for m in shown)]
        for title, part in (("adversarial (should)", wrong), (f"{OVERALL} (should not)", right))
        if part
    ]
    told = metrics.auroc([(row.hits[0][0], row.category != 5) for row in right + wrong if row.hits])
    note = "" if told is None else f"\n\nBest hit's relevance, AUROC of 1–4 against 5: {told:.3f}"
    return table(["questions", "n", "abstained", "flagged", "either"], lines) + note


def forecasts(rows: Iterable[Row]) -> list[Forecast]:
    """The relevance of every hit of the questions that have an answer."""
    return [hit for row in measures.main_rows(rows) for hit in row.hits]


def calibration(said: Sequence[Forecast], bins: Sequence[Bin]) -> str:
    """Whether relevance is the share of hits that rest on gold."""
    rate = sum(true for _, true in said) / len(said)
    lines = [
        [str(number), f"{b.size:,}", f"{b.mean:.3f}", f"{b.share:.3f}"]
        for number, b in enumerate(bins, 1)
    ]
    return table(["bin", "hits", "mean relevance", "rest on gold"], lines) + (
        f"\n\nECE {metrics.calibration_error(bins):.4f}, Brier {metrics.brier(said):.4f}; "
        f"always saying the mean ({rate:.3f}) would have Brier {rate * (1 - rate):.4f}"
    )


def context(rows: Sequence[Row]) -> str:
    """What a packed text holds, against the first 20 turns in full."""
    answerable = [row for row in measures.main_rows(rows) if row.packed]
    texts = {**{f"context, {b}": str(b) for b in BUDGETS}, "first 20 turns in full": IN_FULL}
    lines = [
        [
            title,
            percent(mean(answerable, measures.cited(name))),
            percent(mean(answerable, measures.said(name))),
            f"{mean(answerable, measures.tokens(name)) or 0:.0f}",
        ]
        for title, name in texts.items()
    ]
    return table(["text", "gold cited", "answer's words", "tokens"], lines)


def library(rows: Sequence[Row]) -> str:
    """Passage recall in each mode."""
    lines = [
        [mode, str(len(part)), *(percent(mean(part, measures.recall(k))) for k in (2, 5, 10)),
         f"{statistics.median(row.ms for row in part):.0f}"]
        for mode in MODES
        if (part := measures.passages(rows, mode))
    ]  # fmt: skip
    return table(["mode", "n", "R@2", "R@5", "R@10", "p50 ms"], lines)


def percent(share: float | None) -> str:
    """With one decimal; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.1f}"


def _span(part: Sequence[Row]) -> str:
    found = interval(values(part, measures.recall(10)))
    return f"{100 * found.low:.1f}–{100 * found.high:.1f}"
