"""What a model server can do, as it has shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ability(StrEnum):
    """One thing that a server may be able to do."""

    #: Holds the model to a JSON schema.
    SCHEMA = "schema"
    #: Tells how probable each token was: of the answer, and of the prompt.
    LOGPROBS = "logprobs"
    PROMPT_LOGPROBS = "prompt_logprobs"
    #: Keeps cached prefixes apart by salt.
    CACHE_SALT = "cache_salt"
    #: Splits texts into tokens for us.
    TOKENIZE = "tokenize"
    #: Takes adapters while it runs.
    LORA = "lora"
    EMBEDDINGS = "embeddings"
    #: Tells how well two texts belong together.
    SCORE = "score"


@dataclass(frozen=True, kw_only=True, slots=True)
class Abilities:
    """Of one server and one of its models, when it was looked at."""

    model: str
    #: What the server says it is, such as `vllm 0.32.0`.
    server: str | None
    #: The names it lists; none where it does not list any.
    models: tuple[str, ...]
    #: The longest prompt and answer together, in tokens, where it says.
    context_tokens: int | None
    can: frozenset[Ability]

    @property
    def cannot(self) -> frozenset[Ability]:
        """What it did not show."""
        return frozenset(Ability) - self.can

    @property
    def line(self) -> str:
        """In one line, for people."""
        there = self.server or "a server that does not say what it is"
        missing = "" if self.model in self.models else ", which does not list it"
        without = f"; without {_names(self.cannot)}" if self.cannot else ""
        return f"{self.model} at {there}{missing}: {_names(self.can) or 'chat'}{without}"


def _names(abilities: frozenset[Ability]) -> str:
    return ", ".join(ability for ability in Ability if ability in abilities)
