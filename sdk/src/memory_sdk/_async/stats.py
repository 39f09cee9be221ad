"""Figures of the tenant."""

from __future__ import annotations

from datetime import date

from memory_sdk._answers import ModelUsage, Page
from memory_sdk._async.http import AsyncHttp
from memory_sdk._async.pager import AsyncPager
from memory_sdk._calls import get


class AsyncStats:
    """Figures, as `client.stats`."""

    def __init__(self, http: AsyncHttp) -> None:
        self._http = http

    def model_usage(
        self,
        *,
        space: str | None = None,
        since: date | None = None,
        until: date | None = None,
        limit: int | None = None,
    ) -> AsyncPager[ModelUsage]:
        """What language models were asked for, by day, space, purpose and model.

        `since` and `until` are days, both of them in it; without, the last 30.
        """
        call = get("/v1/stats/model-usage", space=space, since=since, until=until, limit=limit)
        return AsyncPager(self._http, call, Page[ModelUsage])
