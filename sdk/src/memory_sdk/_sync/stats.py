# Generated from _async/stats.py by generate_sync.py; change that.
"""Figures of the tenant."""

from __future__ import annotations

from datetime import date

from memory_sdk._answers import ModelUsage, Page
from memory_sdk._sync.http import Http
from memory_sdk._sync.pager import Pager
from memory_sdk._calls import get


class Stats:
    """Figures, as `client.stats`."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def model_usage(
        self,
        *,
        space: str | None = None,
        since: date | None = None,
        until: date | None = None,
        limit: int | None = None,
    ) -> Pager[ModelUsage]:
        """What language models were asked for, by day, space, purpose and model.

        `since` and `until` are days, both of them in it; without, the last 30.
        """
        call = get("/v1/stats/model-usage", space=space, since=since, until=until, limit=limit)
        return Pager(self._http, call, Page[ModelUsage])
