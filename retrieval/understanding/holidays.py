"""The days of holidays, by name and year."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from dateutil.easter import easter
from dateutil.relativedelta import TH, relativedelta

from retrieval.understanding.stretches import midnight

HOLIDAY = (
    r"(?:Christmas(?: Eve| Day)?|Xmas|New Year(?:'?s)?(?: Eve| Day)?|Easter(?: Sunday| Monday)?|"
    r"Good Friday|Halloween|Thanksgiving|Valentine'?s(?: Day)?|Boxing Day)"
)
#: First day, by month and day, and length; the longer names first.
_FIXED: dict[str, tuple[int, int, int]] = {
    "christmas eve": (12, 24, 1),
    "christmas day": (12, 25, 1),
    "christmas": (12, 24, 3),
    "xmas": (12, 24, 3),
    "boxing day": (12, 26, 1),
    "new years eve": (12, 31, 1),
    "new year eve": (12, 31, 1),
    "new years day": (1, 1, 1),
    "new year day": (1, 1, 1),
    "halloween": (10, 31, 1),
    "valentine": (2, 14, 1),
}
#: Days from Easter Sunday to the first and behind the last.
_AROUND_EASTER = {
    "good friday": (-2, -1),
    "easter sunday": (0, 1),
    "easter monday": (1, 2),
    "easter": (-2, 2),
}


def feast(name: str, year: int) -> tuple[datetime, datetime]:
    """The days of a holiday; New Year begins on the eve of its year."""
    name = name.lower().replace("'", "")
    if name in _AROUND_EASTER:
        first, end = _AROUND_EASTER[name]
        sunday = easter(year)
        return midnight(sunday + timedelta(days=first)), midnight(sunday + timedelta(days=end))
    start, length = _start(name, year)
    return midnight(start), midnight(start + timedelta(days=length))


def _start(name: str, year: int) -> tuple[date, int]:
    if name == "thanksgiving":
        return date(year, 11, 1) + relativedelta(weekday=TH(4)), 1
    for prefix, (month, day, length) in _FIXED.items():
        if name.startswith(prefix):
            return date(year, month, day), length
    return date(year, 1, 1) - timedelta(days=1), 2
