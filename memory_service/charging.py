"""Has every call of a chat model wait its turn, keep to its space's budget, and be counted."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from consolidation.services import Work
from llm_backend.abilities import Ability
from llm_backend.chat import ChatModel, Completion, Message, Schema
from llm_backend.chat_http import HttpChatModel
from llm_backend.errors import BackendTimeout, BudgetSpent
from llm_backend.gate import Gate, Priority
from llm_backend.pace import Pace
from llm_backend.watch import Watch
from stores import model_usage
from stores.database import Database
from stores.errors import StoreError
from stores.ids import Clock, TenantId
from stores.model_usage import Amount, Slot
from stores.records import Space
from stores.scope import Scope

#: Seconds between two writes.
EVERY_S = 2.0
#: What is done by rules while the model is slow, so that the rest need not wait behind it.
SPARED = frozenset({"link", "recall", "reflect", "summarise"})


class Ledger:
    """What models were asked for and is not yet written, per tenant; a crash loses that much."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._noted: defaultdict[TenantId, dict[Slot, Amount]] = defaultdict(dict)
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write down, in the background."""
        self._task = asyncio.create_task(self._run(), name="model-usage")

    async def stop(self) -> None:
        """Write down what is left."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.write()

    def note(self, tenant: TenantId, space: Space, purpose: str, model: str, new: Amount) -> None:
        """Count what was just asked of a model; the day is that of UTC."""
        slot = Slot(space=space.id, day=self._clock().date(), purpose=purpose, model=model)
        noted = self._noted[tenant]
        noted[slot] = noted.get(slot, Amount()) + new

    async def check(self, tenant: TenantId, space: Space) -> None:
        """Raises BudgetSpent where the space has no tokens left today; asks only where it has any.

        Calls that are under way are not counted yet, so that a space may go over by these.
        """
        most = budget_of(space)
        if most is None:
            return
        spent = await self.spent(tenant, space)
        if spent >= most:
            raise BudgetSpent(f"{spent} of {most} tokens of {space.name!r} are spent today")

    async def spent(self, tenant: TenantId, space: Space) -> int:
        """Tokens of the space's prompts and answers today: of all processes, and not yet written
        down of this one."""
        day = self._clock().date()
        async with self._database.single(tenant) as session:
            spent = await model_usage.spent(session, space.id, day)
        unwritten = self._noted.get(tenant, {}).items()
        more = sum(a.tokens for slot, a in unwritten if (slot.space, slot.day) == (space.id, day))
        return spent + more

    async def write(self) -> None:
        """Write down what was noted so far; what cannot be written now stays noted."""
        async with self._writing:
            for tenant in tuple(self._noted):
                with suppress(StoreError):
                    await self._write(tenant)

    async def _write(self, tenant: TenantId) -> None:
        written = dict(self._noted[tenant])
        async with self._database.write(tenant) as session:
            await model_usage.add(session, written)
        # Only now, so that a check in between counts too much rather than too little.
        left = {
            slot: amount - written.get(slot, Amount())
            for slot, amount in self._noted.pop(tenant).items()
        }
        if kept := {slot: amount for slot, amount in left.items() if amount.requests}:
            self._noted[tenant] = kept

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            await self.write()


@dataclass(frozen=True, kw_only=True, slots=True)
class Charged:
    """A chat model as one space may use it for one purpose."""

    chat: ChatModel
    gate: Gate
    ledger: Ledger
    tenant: TenantId
    space: Space
    #: The name of a job, or `answer`, or `recall`.
    purpose: str
    priority: Priority
    pace: Pace = field(default_factory=Pace)

    @property
    def name(self) -> str:
        """By which the server knows the model."""
        return self.chat.name

    def can(self, ability: Ability) -> bool:
        """Whether the model's server can do this."""
        return self.chat.can(ability)

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Schema | None = None,
        max_tokens: int,
        temperature: float = 0,
        cache_salt: str | None = None,
        logprobs: bool = False,
    ) -> Completion:
        """As the model itself does, in its turn. Raises BackendError, BudgetSpent.

        A model that is slow is not asked what can be done without it.
        """
        if self.pace.slow and self.purpose in SPARED:
            raise BackendTimeout("the chat model is slow at present; this is done without it")
        async with self.gate.turn(self.priority):
            await self.ledger.check(self.tenant, self.space)
            began = time.monotonic()
            try:
                said = await self.chat.complete(
                    messages,
                    schema=schema,
                    max_tokens=max_tokens,
                    temperature=temperature,
                    # No tenant can tell by an answer's speed what another one has asked.
                    cache_salt=cache_salt or salt_of(self.tenant),
                    logprobs=logprobs,
                )
            finally:
                self.pace.note(time.monotonic() - began)
        amount = Amount(
            requests=1,
            prompt_tokens=said.prompt_tokens,
            cached_tokens=said.cached_tokens,
            completion_tokens=said.completion_tokens,
        )
        self.ledger.note(self.tenant, self.space, self.purpose, self.name, amount)
        return said

    async def close(self) -> None:
        """The model is not ours to close."""


class Desk:
    """The chat model of this process, for spaces to use, and what keeps account of it."""

    def __init__(self, chat: HttpChatModel, database: Database, clock: Clock, places: int) -> None:
        self.chat = chat
        self.gate = Gate(places)
        self.pace = Pace()
        self.ledger = Ledger(database, clock)
        self._watch = Watch(chat)

    @property
    def state(self) -> Literal["ok", "slow", "down"]:
        """`ok`, `slow`, or `down`: as long as it was not heard of, all is done by rules."""
        if self.chat.down:
            return "down"
        return "slow" if self.pace.slow else "ok"

    def start(self) -> None:
        """Begin to write the account down and to look at the server, in the background."""
        self.ledger.start()
        self._watch.start()

    async def stop(self) -> None:
        """Write down what is left."""
        await self._watch.stop()
        await self.ledger.stop()

    def for_space(
        self, tenant: TenantId, space: Space, purpose: str, priority: Priority
    ) -> Charged:
        """The model for a space."""
        return Charged(
            chat=self.chat, gate=self.gate, ledger=self.ledger, tenant=tenant, space=space,
            purpose=purpose, priority=priority, pace=self.pace,
        )  # fmt: skip

    def for_caller(self, tenant: TenantId, space: Space, purpose: str) -> Charged:
        """The model for somebody who waits for the answer."""
        return self.for_space(tenant, space, purpose, Priority.CHAT)

    def for_recall(self, scope: Scope) -> Charged:
        """The model for a recall; of several spaces, the first one pays."""
        return self.for_caller(scope.tenant, scope.spaces[0], "recall")

    def for_job(self, work: Work, name: str) -> Charged:
        """The model for the job of that name."""
        return self.for_space(work.tenant, work.space, name, Priority.JOB)


def budget_of(space: Space) -> int | None:
    """The tokens that a space may spend a day; None: as many as it likes."""
    most: int | None = (space.policies.get("llm") or {}).get("tokens_per_day")
    return most


def salt_of(tenant: TenantId) -> str:
    """Of the tenant alone: whoever could choose it could find out what others have asked."""
    return sha256(b"memory-service cache salt " + tenant.bytes).hexdigest()
