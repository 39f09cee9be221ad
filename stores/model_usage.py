"""What language models were asked for: tokens per space, day, purpose and model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, text

from stores.database import ReadSession, WriteSession
from stores.errors import InvalidCursor
from stores.ids import SpaceId
from stores.records import Page

#: Only for spaces that are still there. Rows are locked in the order of the key, so that two
#: writers cannot wait for each other.
_ADD = text("""
    INSERT INTO model_usage AS u
        (tenant_id, space_id, day, purpose, model, requests, prompt_tokens, cached_tokens,
         completion_tokens)
    SELECT :tenant, a.space_id, a.day, a.purpose, a.model, a.requests, a.prompt_tokens,
           a.cached_tokens, a.completion_tokens
    FROM unnest(CAST(:spaces AS uuid[]), CAST(:days AS date[]), CAST(:purposes AS text[]),
                CAST(:models AS text[]), CAST(:requests AS bigint[]), CAST(:prompt AS bigint[]),
                CAST(:cached AS bigint[]), CAST(:completion AS bigint[]))
         AS a(space_id, day, purpose, model, requests, prompt_tokens, cached_tokens,
              completion_tokens)
    WHERE EXISTS (SELECT 1 FROM spaces s
                  WHERE s.tenant_id = :tenant AND s.space_id = a.space_id)
    ORDER BY a.space_id, a.day, a.purpose, a.model
    ON CONFLICT (tenant_id, space_id, day, purpose, model)
    DO UPDATE SET requests = u.requests + excluded.requests,
                  prompt_tokens = u.prompt_tokens + excluded.prompt_tokens,
                  cached_tokens = u.cached_tokens + excluded.cached_tokens,
                  completion_tokens = u.completion_tokens + excluded.completion_tokens
""")
#: Served by the primary key.
_SPENT = text("""
    SELECT coalesce(sum(prompt_tokens + completion_tokens), 0)::bigint FROM model_usage
    WHERE tenant_id = :tenant AND space_id = :space AND day = :day
""")
_READ = text("""
    SELECT coalesce(sum(requests), 0)::bigint AS requests,
           coalesce(sum(prompt_tokens), 0)::bigint AS prompt_tokens,
           coalesce(sum(cached_tokens), 0)::bigint AS cached_tokens,
           coalesce(sum(completion_tokens), 0)::bigint AS completion_tokens
    FROM model_usage
    WHERE tenant_id = :tenant AND space_id = :space AND day >= :since AND purpose = :purpose
""")
_BY_DAY = text("""
    SELECT u.day, sum(u.requests)::bigint AS requests,
           sum(u.prompt_tokens)::bigint AS prompt_tokens,
           sum(u.cached_tokens)::bigint AS cached_tokens,
           sum(u.completion_tokens)::bigint AS completion_tokens
    FROM model_usage u
    JOIN spaces s ON s.tenant_id = :tenant AND s.space_id = u.space_id
    WHERE u.tenant_id = :tenant AND u.day BETWEEN :since AND :until AND u.purpose = :purpose
      AND (CAST(:only AS text[]) IS NULL OR s.name = ANY(CAST(:only AS text[])))
    GROUP BY u.day ORDER BY u.day
""")
_LIST = text("""
    SELECT s.name AS space, u.day, u.purpose, u.model, u.requests, u.prompt_tokens,
           u.cached_tokens, u.completion_tokens
    FROM model_usage u
    JOIN spaces s ON s.tenant_id = :tenant AND s.space_id = u.space_id
    WHERE u.tenant_id = :tenant AND u.day BETWEEN :since AND :until
      AND (CAST(:only AS text[]) IS NULL OR s.name = ANY(CAST(:only AS text[])))
      AND (u.day, s.name, u.purpose, u.model)
        > (CAST(:day AS date), CAST(:name AS text), CAST(:purpose AS text), CAST(:model AS text))
    ORDER BY u.day, s.name, u.purpose, u.model LIMIT :limit
""")
_START = {"day": date.min, "name": "", "purpose": "", "model": ""}


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """What is counted together. `purpose` is a job's name, or what else the model was for."""

    space: SpaceId
    day: date
    purpose: str
    model: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Amount:
    """Answered requests and their tokens; `cached` ones are among the prompt's."""

    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Of prompt and answer, which is what a budget counts."""
        return self.prompt_tokens + self.completion_tokens

    def __sub__(self, other: Amount) -> Amount:
        return self + Amount(
            requests=-other.requests,
            prompt_tokens=-other.prompt_tokens,
            cached_tokens=-other.cached_tokens,
            completion_tokens=-other.completion_tokens,
        )

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            requests=self.requests + other.requests,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelUsage:
    """One line of the account, the space by its name."""

    space: str
    day: date
    purpose: str
    model: str
    amount: Amount


async def add(session: WriteSession, amounts: Mapping[Slot, Amount]) -> None:
    """Add to the account, in one statement; nothing for spaces erased meanwhile."""
    if not amounts:
        return
    slots, sums = list(amounts), list(amounts.values())
    await session.execute(
        _ADD,
        spaces=[slot.space for slot in slots],
        days=[slot.day for slot in slots],
        purposes=[slot.purpose for slot in slots],
        models=[slot.model for slot in slots],
        requests=[amount.requests for amount in sums],
        prompt=[amount.prompt_tokens for amount in sums],
        cached=[amount.cached_tokens for amount in sums],
        completion=[amount.completion_tokens for amount in sums],
    )


async def spent(session: ReadSession, space: SpaceId, day: date) -> int:
    """Tokens of prompts and answers on that day."""
    return int(await session.scalar(_SPENT, space=space, day=day))


async def read(session: ReadSession, space: SpaceId, purpose: str, since: date) -> Amount:
    """What a space asked for one purpose since that day, of all models together."""
    row = await session.row(_READ, space=space, purpose=purpose, since=since)
    assert row is not None  # noqa: S101 - sums without groups are always one row
    return _amount(row)


async def by_day(
    session: ReadSession, purpose: str, *, only: Sequence[str] | None, since: date, until: date
) -> dict[date, Amount]:
    """What was asked for one purpose on each day with any, in all spaces or `only` these."""
    names = None if only is None else list(only)
    rows = await session.rows(_BY_DAY, only=names, since=since, until=until, purpose=purpose)
    return {row.day: _amount(row) for row in rows}


async def list_usage(
    session: ReadSession,
    *,
    only: Sequence[str] | None,
    since: date,
    until: date,
    after: str | None,
    limit: int,
) -> Page[ModelUsage]:
    """The account from one day to another, both of them in it, by day, space, purpose and model.

    `only` these spaces, if given; from the line behind `after`. Raises InvalidCursor.
    """
    names = None if only is None else list(only)
    position = _START if after is None else _position(after)
    rows = await session.rows(
        _LIST, only=names, since=since, until=until, limit=limit + 1, **position
    )
    items = tuple(map(_usage, rows[:limit]))
    cursor = _cursor(items[-1]) if len(rows) > limit else None
    return Page(items=items, next_cursor=cursor)


def _cursor(line: ModelUsage) -> str:
    return json.dumps([line.day.isoformat(), line.space, line.purpose, line.model])


def _position(cursor: str) -> dict[str, date | str]:
    try:
        day, name, purpose, model = json.loads(cursor)
        return {"day": date.fromisoformat(day), "name": name, "purpose": purpose, "model": model}
    except (TypeError, ValueError) as error:
        raise InvalidCursor("this is no cursor of this list", pointer="query:cursor") from error


def _usage(row: Row[Any]) -> ModelUsage:
    return ModelUsage(
        space=row.space,
        day=row.day,
        purpose=row.purpose,
        model=row.model,
        amount=_amount(row),
    )


def _amount(row: Row[Any]) -> Amount:
    return Amount(
        requests=row.requests,
        prompt_tokens=row.prompt_tokens,
        cached_tokens=row.cached_tokens,
        completion_tokens=row.completion_tokens,
    )
