"""Numbers, sizes and times as people read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape

_STEPS = ((31_557_600, "y"), (2_629_800, "mo"), (86_400, "d"), (3600, "h"), (60, "min"))


def number(value: float | None, digits: int = 0) -> str:
    """1234567 → 1,234,567; None → –."""
    return "–" if value is None else f"{value:,.{digits}f}"


def short(value: float | None) -> str:
    """At most four signs: 1234 → 1.2k."""
    if value is None:
        return "–"
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            scaled = value / size
            return f"{scaled:.0f}{sign}" if scaled >= 100 else f"{scaled:.1f}{sign}"
    return f"{value:,.0f}"


def percent(value: float | None, digits: int = 0) -> str:
    """A share of one as percent."""
    return "–" if value is None else f"{100 * value:.{digits}f}%"


def milliseconds(value: float | None) -> str:
    """12.34 → 12 ms; 1234 → 1.2 s."""
    if value is None:
        return "–"
    if value >= 1000:
        return f"{value / 1000:.1f} s"
    return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"


def seconds(value: float | None) -> str:
    """A duration in its largest unit: 7300 → 2 h."""
    if value is None:
        return "–"
    for size, sign in _STEPS:
        if value >= size:
            return f"{value / size:.0f} {sign}"
    return f"{value:.0f} s"


def took(began: str | datetime | None, ended: str | datetime | None) -> str:
    """How long something took, in milliseconds if that was less than ten seconds."""
    first, last = moment(began), moment(ended)
    if first is None or last is None or last < first:
        return "–"
    length = (last - first).total_seconds()
    return milliseconds(1000 * length) if length < 10 else seconds(length)


def moment(value: str | datetime | None) -> datetime | None:
    """A time of an answer."""
    if not value:
        return None
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day(value: str | datetime | None) -> str:
    """8 May 2024."""
    found = moment(value)
    return "–" if found is None else f"{found.day} {found:%b} {found.year:04d}"


def stamp(value: str | datetime | None) -> str:
    """8 May 2024, 13:56 UTC; midnight is left out."""
    found = moment(value)
    if found is None:
        return "–"
    clock = "" if (found.hour, found.minute, found.second) == (0, 0, 0) else f", {found:%H:%M} UTC"
    return f"{day(found)}{clock}"


def ago(value: str | datetime | None, *, now: datetime | None = None) -> Markup:
    """How long ago or how soon, with the absolute time on hover."""
    found = moment(value)
    if found is None:
        return Markup('<span class="faint">–</span>')
    away = ((now or datetime.now(UTC)) - found).total_seconds()
    if abs(away) < 45:
        text = "just now"
    else:
        text = f"{seconds(away)} ago" if away > 0 else f"in {seconds(-away)}"
    return _time(found, text)


def clock(value: str | datetime | None) -> Markup:
    """The time of day, with the whole time on hover."""
    found = moment(value)
    if found is None:
        return Markup('<span class="faint">–</span>')
    return _time(found, f"{found:%H:%M}")


def date(value: str | datetime | None) -> Markup:
    """The day, with the whole time on hover."""
    found = moment(value)
    if found is None:
        return Markup('<span class="faint">–</span>')
    return _time(found, day(found))


def _time(found: datetime, text: str) -> Markup:
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        found.isoformat(), f"{found:%a} {stamp(found)}", text
    )


def clip(text: str, most: int = 160) -> str:
    """The beginning of a long text in one line, cut at a word."""
    plain = " · ".join(" ".join(line.split()) for line in text.splitlines() if line.strip())
    return plain if len(plain) <= most else f"{plain[:most].rsplit(' ', 1)[0]} …"


def words(name: str) -> str:
    """A name of the API as words: `works_at` → works at."""
    return name.replace("_", " ").replace("-", " ")


def marked(text: str, spans: list[tuple[int, int]]) -> Markup:
    """A text with stretches of characters marked."""
    made, at = Markup(""), 0
    for begin, end in sorted(spans):
        if begin < at or end <= begin:
            continue
        made += escape(text[at:begin]) + Markup("<mark>{}</mark>").format(text[begin:end])
        at = end
    return made + escape(text[at:])


FILTERS: dict[str, Callable[..., Any]] = {
    "number": number,
    "short": short,
    "percent": percent,
    "ms": milliseconds,
    "duration": seconds,
    "took": took,
    "day": day,
    "stamp": stamp,
    "ago": ago,
    "clock": clock,
    "date": date,
    "clip": clip,
    "words": words,
    "marked": marked,
}
