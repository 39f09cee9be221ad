"""What a space allows to be learned, how, and how good it has to be: its policy `parametric`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from consolidation.distill.errors import BadPolicy
from stores.records import Payload

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
#: The name of the policy in a space's policies.
NAME = "parametric"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Selection(_Part):
    """Which memories may be learned (TECHNIQUES: eligible for an adapter)."""

    #: Whether those whom the memories are about agree. Without it only memories with the tag
    #: `learn` are learned; those with the tag `never-learn` never are.
    consent: bool = False
    kinds: tuple[str, ...] = ("fact", "profile", "preference", "procedure")
    #: Unchanged for so many days.
    stable_days: Annotated[float, Field(ge=0, le=3650)] = 30
    #: Used in so many answers, confirmed by so many further sources, trusted so far.
    used: Annotated[int, Field(ge=0, le=1000)] = 5
    confirmations: Annotated[int, Field(ge=0, le=1000)] = 1
    trust: Share = 0.5
    #: Used in any answer within so many days, or else new within them.
    idle_days: Annotated[float, Field(ge=0, le=3650)] = 180
    #: Labels of sensitivity that do not keep a memory out.
    sensitive: tuple[str, ...] = ()
    #: Memories of one adapter; the most used ones are taken.
    most: Annotated[int, Field(ge=1, le=10_000)] = 1000


class Training(_Part):
    """How it is learned. The rates are those that worked for small models; see docs/parametric."""

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    rank: Annotated[int, Field(ge=1, le=256)] = 8
    alpha: Annotated[int, Field(ge=1, le=512)] = 16
    dropout: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    rate: Annotated[float, Field(gt=0, le=0.1)] = 2e-4
    steps: Annotated[int, Field(ge=1, le=100_000)] = 400
    #: Rows of a step: taught, not to be known, with a context, general talk.
    taught: Annotated[int, Field(ge=1, le=512)] = 16
    unknown: Annotated[int, Field(ge=0, le=512)] = 16
    context: Annotated[int, Field(ge=0, le=512)] = 12
    replay: Annotated[int, Field(ge=0, le=512)] = 4
    checkpoint_every: Annotated[int, Field(ge=1, le=10_000)] = 50
    max_seconds: Annotated[float, Field(gt=0, le=7 * 86_400)] = 3600
    max_memory_mb: Annotated[int, Field(ge=64)] = 16_384


class Thresholds(_Part):
    """How good an adapter has to be, as shares of what it was asked."""

    recall: Share = 0.95
    held_out: Share = 0.5
    abstention: Share = 0.95
    obedience: Share = 0.9
    #: How much more surprising general text may have become, as a share.
    regression: Annotated[float, Field(ge=0, le=10)] = 0.05


class Policy(_Part):
    """All of it; what a space does not say is as here."""

    select: Selection = Selection()
    training: Training = Training()
    gate: Thresholds = Thresholds()
    #: What is said of what was never taught.
    abstention: Annotated[str, Field(max_length=300)] = (
        "I do not know the {predicate} of {subject}."
    )

    @field_validator("abstention")
    @classmethod
    def _can_be_filled(cls, text: str) -> str:
        try:
            text.format(subject="s", predicate="p")
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError("it may name {subject} and {predicate}, nothing else") from error
        return text


def policy_of(policies: Payload) -> Policy:
    """The policy of a space. Raises BadPolicy."""
    try:
        return Policy.model_validate(policies.get(NAME) or {})
    except ValidationError as error:
        first = error.errors()[0]
        where = "/".join(str(step) for step in first["loc"])
        raise BadPolicy(f"{NAME}/{where}: {first['msg']}") from error
