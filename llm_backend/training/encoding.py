"""Conversations as tokens, and which of them are learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llm_backend.chat import Message
from llm_backend.training.errors import BadPlan

#: As `transformers`: a label that is not learned.
IGNORED = -100


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoded:
    """Token ids, and how many of them are the prompt."""

    ids: Sequence[int]
    prompt: int

    @property
    def labels(self) -> list[int]:
        """What is learned: the answer's tokens alone."""
        return [IGNORED] * self.prompt + list(self.ids[self.prompt :])


def encode(tokenizer: Any, messages: Sequence[Message], limit: int) -> Encoded:
    """The last message as the answer to those before, by the model's own chat template.

    Raises BadPlan where the template puts something else before an answer than it does before it is
    given, so that prompt and answer cannot be told apart; or for more than `limit` tokens.
    """
    prompt = prompt_ids(tokenizer, messages[:-1])
    ids = _ids(tokenizer, messages, generate=False)
    if ids[: len(prompt)] != prompt:
        raise BadPlan("the chat template does not continue its own prompt")
    if len(ids) > limit:
        raise BadPlan(f"a row has {len(ids)} tokens, the model takes {limit}")
    return Encoded(ids=ids, prompt=len(prompt))


def prompt_ids(tokenizer: Any, messages: Sequence[Message]) -> list[int]:
    """The messages, up to where the assistant begins to answer."""
    return _ids(tokenizer, messages, generate=True)


def _ids(tokenizer: Any, messages: Sequence[Message], *, generate: bool) -> list[int]:
    plain = [{"role": message.role, "content": message.content} for message in messages]
    text = tokenizer.apply_chat_template(plain, tokenize=False, add_generation_prompt=generate)
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids
