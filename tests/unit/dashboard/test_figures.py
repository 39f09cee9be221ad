"""Answers of statistics as charts."""

from __future__ import annotations

from datetime import date

from dashboard import figures


def count(
    kind: str, of: str, n: int, state: str = "active", tier: str = "hot"
) -> dict[str, object]:
    return {"kind": kind, "type": of, "memories": n, "state": state, "tier": tier}


def test_days_without_a_change_stand_as_the_day_before() -> None:
    items = [
        {"day": "2026-04-20", "type": "semantic", "total": 4},
        {"day": "2026-05-02", "type": "semantic", "total": 9},
        {"day": "2026-05-03", "type": "episodic", "total": 2},
    ]

    found = figures.growth(items, date(2026, 5, 4), 4)

    assert found.totals == {"episodic": [0, 0, 2, 2], "semantic": [4, 9, 9, 9]}
    assert found.days[0] == date(2026, 5, 1)
    assert found.change == 7


def test_sums_of_tiers_are_of_active_memories_alone() -> None:
    counts = [count("fact", "semantic", 3), count("fact", "semantic", 2, "archived", "cold")]

    assert figures.sums(counts, "tier") == {"hot": 3}
    assert figures.sums(counts, "state") == {"active": 3, "archived": 2}


def test_kinds_are_ranked_with_the_most_at_the_top() -> None:
    chart = figures.by_kind([
        count("fact", "semantic", 3), count("fact", "semantic", 3, tier="cold"),
        count("message", "episodic", 9), count("note", "semantic", 5, "archived"),
    ])  # fmt: skip

    assert chart["yAxis"]["data"] == ["fact", "message"]
    assert [bar["value"] for bar in chart["series"][0]["data"]] == [6, 9]


def test_slow_calls_are_told_in_seconds() -> None:
    def chart(*took: float) -> tuple[str, list[float]]:
        steps = [{"operation": "recall", "at": "2026-05-04T10:00:00Z", "p95_ms": ms} for ms in took]
        drawn = figures.latency({"steps": steps, "since": "2026-05-04", "until": "2026-05-05"})
        points = drawn["series"][0]["data"]
        return drawn["yAxis"]["axisLabel"]["formatter"], [value for _, value in points]

    assert chart(12.34, 999.0) == ("{value} ms", [12.34, 999.0])
    assert chart(12.34, 61_700.0) == ("{value} s", [0.01, 61.7])
