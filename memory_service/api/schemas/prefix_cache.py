"""How much of its prompts a model server had read before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Self

from llm_backend.prefix_cache import PrefixCache
from memory_service.api.schemas.base import Answer
from stores.model_usage import Amount


class Cached(Answer):
    """Chats and the tokens of their prompts; `cached_share`, in 0..1, had been read before."""

    requests: int
    prompt_tokens: int
    cached_tokens: int
    cached_share: float | None

    @classmethod
    def of(cls, amount: Amount) -> Self:
        """The answer for an amount."""
        return cls(**_figures(amount))


class CachedDay(Cached):
    """The same of one day, in UTC."""

    day: date

    @classmethod
    def on(cls, day: date, amount: Amount) -> Self:
        """The answer for a day."""
        return cls(day=day, **_figures(amount))


class ServerCache(Answer):
    """What vLLM tells of itself: of everybody's prompts since it started."""

    cached_share: float | None

    @classmethod
    def of(cls, found: PrefixCache) -> Self:
        """The answer for its figures; how much others ask is not told."""
        return cls(cached_share=_share(found.hits, found.queries, digits=2))


class PrefixCacheOut(Answer):
    """Chats through the gateway, in all and by day; `server` where it is a vLLM that answers."""

    total: Cached
    days: list[CachedDay]
    server: ServerCache | None

    @classmethod
    def of(cls, days: Mapping[date, Amount], server: PrefixCache | None) -> Self:
        """The answer for the days of an account."""
        return cls(
            total=Cached.of(sum(days.values(), Amount())),
            days=[CachedDay.on(day, amount) for day, amount in days.items()],
            server=None if server is None else ServerCache.of(server),
        )


def _figures(amount: Amount) -> dict[str, float | None]:
    return {
        "requests": amount.requests,
        "prompt_tokens": amount.prompt_tokens,
        "cached_tokens": amount.cached_tokens,
        "cached_share": _share(amount.cached_tokens, amount.prompt_tokens, digits=4),
    }


def _share(part: int, whole: int, *, digits: int) -> float | None:
    return round(part / whole, digits) if whole else None
