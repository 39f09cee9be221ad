"""Questions with something recalled before them, in the form in which the gateway sends them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from retrieval.packing.rendering import CLOSING, OPENING, as_data

_FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC).date()
_DAYS = 1200


def with_context(content: str, question: str, rng: random.Random) -> str:
    """The question behind one recalled fact, under some day: which one must not matter."""
    day = _FIRST_DAY + timedelta(days=rng.randrange(_DAYS))
    lines = (OPENING, _heading(day), f"[1] fact: {as_data(content)}", CLOSING)
    return "\n".join(lines) + f"\n\n{question}"


def _heading(day: date) -> str:
    return f"{day:%a} {day.day} {day:%B %Y}"
