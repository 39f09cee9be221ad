"""Answers of `/v1/stats` as charts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

TYPES = ("episodic", "semantic", "graph", "parametric")
TIERS = ("hot", "warm", "cold", "archived")
#: The colours that kinds of these types have everywhere.
_COLOURS = {"episodic": "c5", "semantic": "c1", "graph": "c2", "parametric": "c3"}
_TIER_COLOURS = {"hot": "c1", "warm": "c2", "cold": "c5", "archived": "faint"}
_SECONDS_FROM_MS = 3000.0
_WHOLE = {"left": 4, "right": 12, "top": 32, "bottom": 4, "containLabel": True}


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """How many memories of each type there were at the end of each day."""

    days: tuple[date, ...]
    totals: dict[str, list[int]]

    @property
    def change(self) -> int:
        """By how much all of them grew from the first day to the last."""
        return sum(of_type[-1] - of_type[0] for of_type in self.totals.values()) if self.days else 0

    def chart(self) -> dict[str, Any]:
        """Areas, one upon the other."""
        return {
            "grid": _WHOLE,
            "legend": {},
            "xAxis": {"type": "time", "splitLine": {"show": False}},
            "yAxis": {"type": "value", "minInterval": 1, "splitNumber": 4},
            "series": [
                {
                    "name": name,
                    "type": "line",
                    "stack": "all",
                    "showSymbol": False,
                    "lineStyle": {"width": 1.5, "color": _COLOURS[name]},
                    "itemStyle": {"color": _COLOURS[name]},
                    "areaStyle": {"opacity": 0.22, "color": _COLOURS[name]},
                    "data": [
                        [day.isoformat(), n] for day, n in zip(self.days, totals, strict=True)
                    ],
                }
                for name, totals in self.totals.items()
            ],
        }


def growth(items: Iterable[Any], until: date, days: int) -> Growth:
    """Every day up to `until`; on one without a change there is what there was the day before."""
    known = {(date.fromisoformat(i["day"]), i["type"]): i["total"] for i in items}
    listed = tuple(until - timedelta(days=away) for away in reversed(range(days)))
    totals: dict[str, list[int]] = {}
    for name in TYPES:
        before = [(day, n) for (day, of), n in known.items() if of == name and day < listed[0]]
        so_far, line = (max(before)[1] if before else 0), []
        for day in listed:
            so_far = known.get((day, name), so_far)
            line.append(so_far)
        if any(line):
            totals[name] = line
    return Growth(days=listed, totals=totals)


def by_kind(counts: Sequence[Any]) -> dict[str, Any]:
    """Active memories by kind, the most at the top, in the colour of their type."""
    found: Counter[tuple[str, str]] = Counter()
    for count in counts:
        if count["state"] == "active":
            found[count["kind"], count["type"]] += count["memories"]
    ranked = [(kind, of, n) for (kind, of), n in found.most_common()][::-1]
    return {
        "grid": {**_WHOLE, "top": 4, "right": 48},
        "tooltip": {"trigger": "item"},
        "xAxis": {"type": "value", "show": False},
        "yAxis": {"type": "category", "data": [kind for kind, _, _ in ranked],
                  "axisLine": {"show": False}},
        "series": [
            {
                "type": "bar",
                "barMaxWidth": 16,
                "label": {"show": True, "position": "right", "color": "soft"},
                "data": [
                    {"value": n, "itemStyle": {"color": _COLOURS[of], "borderRadius": 3}}
                    for _, of, n in ranked
                ],
            }
        ],
    }  # fmt: skip


def sums(counts: Iterable[Any], name: str) -> dict[str, int]:
    """Memories by `type`, `state` or `tier`, the most first; for tiers active ones alone."""
    found: Counter[str] = Counter()
    for count in counts:
        if name != "tier" or count["state"] == "active":
            found[count[name]] += count["memories"]
    return dict(found.most_common())


def tiers(counts: Sequence[Any]) -> dict[str, Any]:
    """Active memories by tier as one bar."""
    found = sums(counts, "tier")
    return {
        "grid": {"left": 0, "right": 0, "top": 28, "bottom": 0},
        "legend": {"left": 0},
        "tooltip": {"trigger": "item"},
        "xAxis": {"type": "value", "show": False, "max": "dataMax"},
        "yAxis": {"type": "category", "show": False, "data": ["active"]},
        "series": [
            {
                "name": tier,
                "type": "bar",
                "stack": "all",
                "barWidth": 20,
                "itemStyle": {"color": _TIER_COLOURS[tier]},
                "data": [found[tier]],
            }
            for tier in TIERS
            if found.get(tier)
        ],
    }


def latency(found: Any) -> dict[str, Any]:
    """The slowest twentieth of calls over time, a line for each operation."""
    names = sorted({step["operation"] for step in found["steps"]}, reverse=True)
    slowest = max((step["p95_ms"] for step in found["steps"]), default=0.0)
    unit, size = ("s", 1000.0) if slowest >= _SECONDS_FROM_MS else ("ms", 1.0)
    return {
        "grid": _WHOLE,
        "legend": {},
        "xAxis": {"type": "time", "min": found["since"], "max": found["until"],
                  "splitLine": {"show": False}},
        "yAxis": {"type": "value", "min": 0, "splitNumber": 4,
                  "axisLabel": {"formatter": f"{{value}} {unit}"}},
        "series": [
            {
                "name": f"{name} p95",
                "type": "line",
                "symbolSize": 5,
                "lineStyle": {"width": 1.5},
                "data": [
                    [step["at"], round(step["p95_ms"] / size, 2)]
                    for step in found["steps"]
                    if step["operation"] == name
                ],
            }
            for name in names
        ],
    }  # fmt: skip
