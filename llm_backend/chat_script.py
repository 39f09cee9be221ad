"""A chat model that says what it is told to, for tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from llm_backend.abilities import Ability
from llm_backend.chat import Completion, Message, Schema
from llm_backend.errors import BackendError, BackendUnavailable

#: A text stands for a completion that ended by itself; an error is raised.
Reply: TypeAlias = str | Completion | BackendError


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One call of the model."""

    messages: tuple[Message, ...]
    schema: Schema | None
    max_tokens: int
    temperature: float
    cache_salt: str | None = None
    logprobs: bool = False


@dataclass
class ScriptedChatModel:
    """Gives the replies one after the other, or those that a function makes of the messages."""

    replies: Sequence[Reply] | Callable[[Sequence[Message]], Awaitable[Reply]] = ()
    name: str = "scripted"
    #: What it was asked.
    asked: list[Asked] = field(default_factory=list)
    abilities: frozenset[Ability] = frozenset()

    def can(self, ability: Ability) -> bool:
        """What it was told that it can."""
        return ability in self.abilities

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
        """The next reply. Raises it if it is an error, BackendUnavailable when there is none."""
        asked = Asked(
            messages=tuple(messages),
            schema=schema,
            max_tokens=max_tokens,
            temperature=temperature,
            cache_salt=cache_salt,
            logprobs=logprobs,
        )
        self.asked.append(asked)
        reply = await self._reply(messages)
        if isinstance(reply, BackendError):
            raise reply
        return reply if isinstance(reply, Completion) else _ended(reply)

    async def close(self) -> None:
        """There is nothing to close."""

    async def _reply(self, messages: Sequence[Message]) -> Reply:
        if callable(self.replies):
            return await self.replies(messages)
        place = len(self.asked) - 1
        if place >= len(self.replies):
            return BackendUnavailable(f"the script has {len(self.replies)} replies")
        return self.replies[place]


def _ended(text: str) -> Completion:
    return Completion(text=text, finish_reason="stop", prompt_tokens=0, completion_tokens=0)
