"""When to send a call again, and how long to wait before."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

#: Answers that may be different a moment later.
PASSING_STATUS = frozenset({429, 502, 503, 504})
#: Faults of the connection rather than of the request.
PASSING_ERRORS = (
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
)
#: Of these, such as come before anything is sent; and statuses of a call that was turned away.
NOT_BEGUN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_TURNED_AWAY = frozenset({429, 503})
#: Seconds. A service that asks for more patience than this gets no second call from here.
LONGEST_WAIT = 60.0
_FIRST, _LONGEST_BACKOFF = 0.25, 8.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds a `Retry-After` header asks for, given as a number or as a date."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def backoff(attempt: int) -> float:
    """The wait after the attempt of that number, from 0: doubling, and jittered.

    Jitter keeps many clients from coming back at the same moment.
    """
    ceiling = min(_LONGEST_BACKOFF, _FIRST * 2.0**attempt)
    return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - no secret depends on it


def wait_after(response: httpx.Response, attempt: int, *, spends: bool = False) -> float | None:
    """How long to wait before asking again; None where asking again does not help.

    What spends is asked again only where the service says when.
    """
    if response.status_code not in (_TURNED_AWAY if spends else PASSING_STATUS):
        return None
    asked = retry_after(response.headers)
    if asked is None:
        return None if spends else backoff(attempt)
    return asked if asked <= LONGEST_WAIT else None
