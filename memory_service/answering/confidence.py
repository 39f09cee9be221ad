"""How sure a model is of its answer with the memory and without, and whether it disagrees. Pure.

Both are the geometric mean of the probabilities of a reply's tokens. The gain is the difference of
the mean log probabilities: CK-PLUG (arXiv:2503.15888) takes such a gain per token, from entropies
that no server tells; this is what a server that tells log probabilities allows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from llm_backend.chat import Completion, Schema
from stores.lexical import terms

_LONGEST = 4_000
#: The share of what the model says by itself that an answer has where both say the same.
_SAME = 0.5
SCHEMA: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["answer", "known"],
    "properties": {
        "answer": {"type": "string", "maxLength": _LONGEST},
        "known": {"type": "boolean"},
    },
}


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True)

    answer: Annotated[str, Field(max_length=2 * _LONGEST)]
    known: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Confidence:
    """0..1 each; `gain` is in nats a token. `disagrees`: it is surer of another answer."""

    with_memory: float
    without_memory: float
    gain: float
    disagrees: bool


def compare(
    question: str, answer: str, with_memory: Completion, without: Completion
) -> Confidence | None:
    """None where the server told no log probabilities, or the second reply cannot be read."""
    if not (with_memory.logprobs and without.logprobs):
        return None
    try:
        said = _Said.model_validate_json(without.text)
    except ValidationError:
        return None
    first, second = _mean(with_memory.logprobs), _mean(without.logprobs)
    differs = said.known and not same(question, answer, said.answer)
    return Confidence(
        with_memory=round(math.exp(first), 4),
        without_memory=round(math.exp(second), 4),
        gain=round(first - second, 4),
        disagrees=differs and second > first,
    )


def same(question: str, answer: str, other: str) -> bool:
    """Whether two answers have enough words in common that are not the question's."""
    asked = frozenset(terms(question))
    told = frozenset(terms(other)) - asked
    shared = told & frozenset(terms(answer))
    return len(shared) >= _SAME * len(told)


def _mean(logprobs: Sequence[float]) -> float:
    """A token that the server calls impossible counts as very unlikely."""
    return sum(max(one, -100.0) for one in logprobs) / len(logprobs)
