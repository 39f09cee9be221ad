"""What the rest of the service may ask of a chat model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from llm_backend.abilities import Ability

#: A JSON schema: an object, every property of it required, no others allowed.
Schema: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A part of the conversation that the model continues."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Completion:
    """What the model wrote, and why it ended there."""

    text: str
    #: `stop`, or `length` where `max_tokens` cut it off.
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    #: Of the prompt's, those that the server had read before.
    cached_tokens: int = 0
    #: Natural logarithms of each token's probability, where they were asked for.
    logprobs: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A part of an answer as it comes; the last one has the whole."""

    text: str
    whole: Completion | None = None


class ChatModel(Protocol):
    """A model that continues a conversation."""

    @property
    def name(self) -> str:
        """By which the server knows the model."""

    def can(self, ability: Ability) -> bool:
        """Whether its server has shown that it can do this."""

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
        """The model's next message; JSON where there is a schema, which it may still not fit.

        What the server has read under one `cache_salt` is not used for, nor told by its speed to,
        those with another. `logprobs` are for servers that can tell them.

        Raises BackendError: RequestRefused where server or model will not answer this.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
