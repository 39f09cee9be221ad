# Generated from _async/stats.py by generate_sync.py; change that.
"""Figures of the tenant."""

from __future__ import annotations

from datetime import date

from memory_sdk._answers import (
    Growth,
    GrowthDays,
    Latency,
    ModelUsage,
    Overview,
    Page,
    PrefixCache,
    SpaceFigures,
)
from memory_sdk._sync.http import Http
from memory_sdk._sync.pager import Pager
from memory_sdk._calls import get


class Stats:
    """Figures, as `client.stats`."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def overview(self, *, space: str | None = None) -> Overview:
        """How a space stands, or all that the key covers: memories, what is owed, jobs."""
        return self._http.answer(get("/v1/stats/overview", space=space), Overview)

    def spaces(self, *, limit: int | None = None) -> Pager[SpaceFigures]:
        """How each space stands, in a line, by name."""
        return Pager(self._http, get("/v1/stats/spaces", limit=limit), Page[SpaceFigures])

    def growth(
        self, *, space: str | None = None, since: date | None = None, until: date | None = None
    ) -> tuple[Growth, ...]:
        """How many memories of each type there were, on days with a change.

        Without `since` and `until`, the last 30 days; the first of a type may lie before them.
        """
        call = get("/v1/stats/growth", space=space, since=since, until=until)
        return (self._http.answer(call, GrowthDays)).items

    def latency(
        self, *, space: str | None = None, minutes: int = 60, step_minutes: int | None = None
    ) -> Latency:
        """How long remembering and recalling took in the last `minutes`."""
        call = get("/v1/stats/latency", space=space, minutes=minutes, step_minutes=step_minutes)
        return self._http.answer(call, Latency)

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

    def prefix_cache(
        self, *, space: str | None = None, since: date | None = None, until: date | None = None
    ) -> PrefixCache:
        """How much of the prompts of chats the model server had read before."""
        call = get("/v1/stats/prefix-cache", space=space, since=since, until=until)
        return self._http.answer(call, PrefixCache)
