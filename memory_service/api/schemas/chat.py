"""What a chat request may ask of the memory, and the models there are."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from memory_service.api.deps import SPACE_NAME
from memory_service.api.schemas.base import Answer, Name, Schema
from memory_service.api.schemas.blocks import BlockName
from memory_service.api.schemas.recall import AsOfIn, Citation
from memory_service.gateway.options import Options
from stores.records import MemoryType
from stores.scope import DEFAULT_STATES, HISTORICAL_STATES, AsOf, Filter

Speaking = Literal["user", "assistant"]


class MemoryOptions(Schema):
    """The `memory` of a chat request.

    `session_id` is the conversation's; without one it is made of the conversation's first words.
    `inject: "none"` recalls and tells the caller, but shows the model nothing. `roles` are whose
    turns are remembered, `speakers` their names, where messages have none.
    """

    space: Annotated[str, Field(pattern=SPACE_NAME)]
    session_id: Name | None = None
    recall: bool = True
    k: Annotated[int, Field(ge=1, le=100)] = 50
    budget_tokens: Annotated[int, Field(ge=1, le=200_000)] = 1000
    mode: Literal["fast", "deep", "auto"] = "fast"
    types: Annotated[list[MemoryType], Field(max_length=4)] = []
    blocks: bool | Annotated[list[BlockName], Field(max_length=50)] = False
    prefix: bool = True
    as_of: AsOfIn = AsOfIn()
    inject: Literal["context", "none"] = "context"
    remember: bool = True
    roles: Annotated[list[Speaking], Field(max_length=2)] = ["user", "assistant"]
    speakers: dict[Speaking, Name] = {}

    def options(self) -> Options:
        """As the gateway takes them."""
        return Options(
            space=self.space,
            session_id=self.session_id,
            recall=self.recall,
            k=self.k,
            budget_tokens=self.budget_tokens,
            mode=self.mode,
            blocks=self.blocks,
            prefix=self.prefix,
            limits=Filter(
                recalled=True,
                types=tuple(self.types),
                states=DEFAULT_STATES if self.as_of.valid is None else HISTORICAL_STATES,
                as_of=AsOf(valid=self.as_of.valid, known=self.as_of.known),
            ),
            inject=self.inject == "context",
            remember=self.remember,
            roles=frozenset(self.roles),
            speakers={str(role): name for role, name in self.speakers.items()},
        )


class ChatIn(Schema):
    """A chat request of OpenAI's, of which all but `model` and `memory` goes through as it is."""

    messages: Annotated[list[dict[str, Any]], Field(min_length=1)]
    model: str | None = None
    stream: bool = False
    memory: MemoryOptions | None = None


class MemoryNotes(Answer):
    """The `memory` of an answer, or of the first chunk of a stream."""

    recall_id: UUID | None
    citations: list[Citation]
    blocks: list[str]
    prefix_id: UUID | None
    adapter_id: UUID | None
    abstained: bool
    degraded: list[str]
    session_id: str


class ChatModelOut(Answer):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ChatModelsOut(Answer):
    object: Literal["list"]
    data: list[ChatModelOut]
