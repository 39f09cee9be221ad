"""The timeline: what happened and held, in the order of the world; what became different."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import Response

from dashboard.formats import moment
from dashboard.page import Call, Group, Page, get

_SHOWN = 60
_DIFFERENT = 60
#: Bars are drawn on a scale that goes no further back from the latest beginning than this, so
#: that what has held for decades does not press all others to a point.
_SCALE = timedelta(days=2 * 365)
#: How far back differences are looked for unless said otherwise.
_BACK = timedelta(days=7)


async def show(call: Call) -> Response:
    """Events and facts by when they happened or held, month by month."""
    found = await call.service.get(
        f"/v1/spaces/{call.space}/timeline",
        entity=call.query("entity"),
        types=call.query("type"),
        cursor=call.query("cursor"),
        limit=_SHOWN,
        **{"from": _start(call.query("since")), "to": _end(call.query("until"))},
    )
    bars = _bars(found["items"])
    return await call.render("timeline.html", found=found, months=_months(found["items"], bars))


async def show_changes(call: Call) -> Response:
    """What became different between two days."""
    today = datetime.now(UTC).date()
    since = call.query("since") or (today - _BACK).isoformat()
    until = call.query("until") or today.isoformat()
    axis = call.query("axis") or "known"
    found = await call.service.get(
        f"/v1/spaces/{call.space}/diff",
        axis=axis,
        cursor=call.query("cursor"),
        limit=_DIFFERENT,
        **{"from": _start(since), "to": _end(until)},
    )
    return await call.render("changes.html", found=found, since=since, until=until, axis=axis)


def _start(day: str | None) -> str | None:
    return f"{day}T00:00:00Z" if day else None


def _end(day: str | None) -> str | None:
    return f"{day}T23:59:59.999999Z" if day else None


def _bars(items: list[Any]) -> dict[str, tuple[float, float]]:
    """Where on a line from the first to the last moment of these each one lies, in 0..100.

    What began before the line does begins at its left end.
    """
    now = datetime.now(UTC)
    ends = {item["id"]: (moment(item["valid_at"]) or moment(item["at"]),
                         moment(item["invalid_at"])) for item in items}  # fmt: skip
    begins = [begin for begin, _ in ends.values() if begin is not None]
    if not begins:
        return {}
    first = max(min(begins), max(begins) - _SCALE)
    last = max([end or now for _, end in ends.values()] + begins)
    whole = max((last - first).total_seconds(), 1.0)

    def place(at: datetime) -> float:
        return round(100 * max((at - first).total_seconds(), 0.0) / whole, 2)

    bars = {}
    for item in items:
        begin, end = ends[item["id"]]
        if begin is None:
            continue
        lasts = item["valid_at"] is not None
        until = place(end or now) if lasts else place(begin)
        bars[item["id"]] = (place(begin), max(until - place(begin), 0.8))
    return bars


def _months(items: list[Any], bars: dict[str, tuple[float, float]]) -> list[tuple[str, list[Any]]]:
    """Items under the month they begin in, each with its bar."""
    months: dict[str, list[Any]] = {}
    for item in items:
        at = moment(item["at"])
        name = f"{at:%B} {at.year:04d}" if at is not None else "Without a date"
        months.setdefault(name, []).append({**item, "bar": bars.get(item["id"])})
    return list(months.items())


PAGE = Page(
    name="timeline",
    title="Timeline",
    icon="timeline",
    key="l",
    order=40,
    group=Group.SPACE,
    actions=(
        get("/spaces/{space}/timeline", show),
        get("/spaces/{space}/changes", show_changes),
    ),
)
