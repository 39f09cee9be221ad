"""How a space stands with the chat model: whether it is there, what waits or went without it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from memory_service.charging import budget_of
from memory_service.verbs.services import Services
from stores import runs
from stores.ids import TenantId
from stores.records import Space
from stores.runs import ByRules

State = Literal["none", "ok", "slow", "down"]
#: How long ago something may have been done by rules to be told.
_LATELY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class LlmState:
    """The chat model as the process that answers sees it, and what the space has of it."""

    #: `none` is configured, `ok`, `slow`, or `down`.
    state: State
    #: The code of why it did not answer, and since when; None while it does.
    reason: str | None = None
    since: datetime | None = None
    #: Tokens of today, and how many there may be; None: as many as the space likes.
    tokens_today: int = 0
    tokens_per_day: int | None = None
    #: What jobs did without it in the last day.
    by_rules: tuple[ByRules, ...] = ()


async def llm_state(services: Services, tenant: TenantId, space: Space) -> LlmState:
    """What is known of it, without asking it."""
    desk = services.desk
    if desk is None:
        return LlmState(state="none", tokens_per_day=budget_of(space))
    async with services.database.read(tenant) as session:
        done = await runs.by_rules(session, space.id, services.clock() - _LATELY)
    failure = desk.chat.failure if desk.chat.down else None
    return LlmState(
        state=desk.state,
        reason=None if failure is None else failure.code,
        since=desk.chat.down_since,
        tokens_today=await desk.ledger.spent(tenant, space),
        tokens_per_day=budget_of(space),
        by_rules=tuple(done),
    )
