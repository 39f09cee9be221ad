"""Questions and what is recalled for them."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from memory_service.api.deps import SPACE_NAME
from memory_service.api.schemas.base import Answer, Content, Json, Moment, Name, Schema, Tags
from memory_service.api.schemas.blocks import BlockName
from memory_service.api.schemas.memory import MemCube
from retrieval import channels, recall
from retrieval.ranking import STAGES
from retrieval.rerank import MODEL
from stores.records import MemoryType, State
from stores.scope import DEFAULT_STATES, HISTORICAL_STATES, AsOf, Filter


def _is_a_part(name: str) -> str:
    known = [*(channel.name for channel in channels.load()), *STAGES]
    if name not in known:
        raise ValueError(f"{name!r} is not one of {', '.join(known)}")
    return name


#: A channel or a stage of recall.
Part = Annotated[Name, AfterValidator(_is_a_part)]


class AsOfIn(Schema):
    """What held in the world at `valid`; what the system knew at `known`."""

    valid: Moment | None = None
    known: Moment | None = None


class TimeRangeIn(Schema):
    """World time from (inclusive) to (exclusive)."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid", frozen=True)

    since: Annotated[Moment | None, Field(alias="from")] = None
    until: Annotated[Moment | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise ValueError("the range ends before it begins")
        return self


class FiltersIn(Schema):
    """Memories with all of these tags, by this speaker, whose metadata contains this."""

    tags: Tags = []
    speaker: Name | None = None
    metadata: Json = {}


class RecallIn(Schema):
    """A question to the memory. `explain: false` leaves out channels and reasons.

    `budget_tokens` keeps the hits that fit into so many tokens. `reference_time` is the moment the
    question is asked from ("last week"); none: now. `recent` are the last turns of the conversation
    it belongs to, oldest first: they complete a question that does not stand alone ("And her
    sister?"). `without` leaves out channels or stages, to see what each is worth.
    """

    query: Annotated[Content, Field(max_length=4000)]
    k: Annotated[int, Field(ge=1, le=100)] = 10
    types: Annotated[list[MemoryType], Field(max_length=4)] = []
    kinds: Annotated[list[Name], Field(max_length=30)] = []
    mode: Literal["fast", "deep", "auto"] = "fast"
    as_of: AsOfIn = AsOfIn()
    time_range: TimeRangeIn | None = None
    reference_time: Moment | None = None
    recent: Annotated[list[Annotated[Content, Field(max_length=4000)]], Field(max_length=20)] = []
    without: Annotated[list[Part], Field(max_length=20)] = []
    session_id: Name | None = None
    filters: FiltersIn = FiltersIn()
    budget_tokens: Annotated[int | None, Field(ge=1, le=200_000)] = None
    explain: bool = True
    include_superseded: bool = False
    include_archived: bool = False

    def request(self) -> recall.RecallRequest:
        """As retrieval takes it."""
        span = self.time_range or TimeRangeIn()
        return recall.RecallRequest(
            query=self.query,
            k=self.k,
            mode=self.mode,
            reference_time=self.reference_time,
            recent=tuple(self.recent),
            without=frozenset(self.without),
            budget_tokens=self.budget_tokens,
            explain=self.explain,
            limits=Filter(
                recalled=True,
                types=tuple(self.types),
                kinds=tuple(self.kinds),
                states=self._states,
                session_id=self.session_id,
                since=span.since,
                until=span.until,
                as_of=AsOf(valid=self.as_of.valid, known=self.as_of.known),
                tags=tuple(self.filters.tags),
                speaker=self.filters.speaker,
                metadata=self.filters.metadata,
            ),
        )

    @property
    def _states(self) -> tuple[State, ...]:
        """What held at an earlier time may have been superseded since."""
        historical = self.include_superseded or self.as_of.valid is not None
        states = HISTORICAL_STATES if historical else DEFAULT_STATES
        return (*states, State.ARCHIVED) if self.include_archived else states


class MultiRecallIn(RecallIn):
    """A question to several spaces at once."""

    spaces: Annotated[
        list[Annotated[str, Field(pattern=SPACE_NAME)]], Field(min_length=1, max_length=50)
    ]


class ContextIn(RecallIn):
    """Recall, packed into at most so many tokens. `k` candidates are there to choose from.

    With `blocks`, the text begins with those of the space, all or these; they count too.
    """

    k: Annotated[int, Field(ge=1, le=100)] = 50
    budget_tokens: Annotated[int, Field(ge=1, le=200_000)] = 1000
    blocks: bool | Annotated[list[BlockName], Field(max_length=50)] = False


class ChannelScore(Answer):
    rank: int
    score: float


class Passage(Answer):
    """The part of the content that matched, where the memory is long."""

    span: tuple[int, int]
    text: str


class Hit(Answer):
    memory: MemCube
    score: float
    relevance: float
    channels: dict[str, ChannelScore]
    reason: str
    features: dict[str, float]
    passage: Passage | None
    held_by_adapter: bool


class RecallOut(Answer):
    """`abstained`: nothing relevant was found. `degraded` names what could not be asked.

    `flags` warn of what the hits are: `other-person` if they tell of somebody else than the one
    the question names.
    """

    recall_id: UUID
    hits: list[Hit]
    abstained: bool
    degraded: list[str]
    flags: list[str]
    timings_ms: dict[str, float]

    @classmethod
    def of(cls, result: recall.RecallResult) -> RecallOut:
        """The answer for a result."""
        return cls.model_construct(
            recall_id=result.recall_id,
            hits=[_hit(hit, explained=bool(hit.reason)) for hit in result.hits],
            abstained=result.abstained,
            degraded=list(result.degraded),
            flags=list(result.flags),
            timings_ms=dict(result.timings_ms),
        )


def _hit(hit: recall.Hit, *, explained: bool) -> Hit:
    return Hit.model_construct(
        memory=MemCube.of(hit.memory),
        score=hit.score,
        relevance=hit.relevance,
        channels={
            name: ChannelScore.model_construct(rank=found.rank, score=found.score)
            for name, found in hit.channels.items()
        },
        reason=hit.reason,
        features=_features(hit) if explained else {},
        passage=None
        if hit.passage is None
        else Passage.model_construct(
            span=(hit.passage.start, hit.passage.end), text=hit.passage.of(hit.memory.content)
        ),
        held_by_adapter=hit.held_by_adapter,
    )


def _features(hit: recall.Hit) -> dict[str, float]:
    """What the hit was ranked by, as far as there is any of it."""
    named = zip(MODEL.features, hit.features, strict=True)
    return {name: round(value, 4) for name, value in named if value}


class Citation(Answer):
    marker: str
    memory_id: UUID
    space: str


class ContextOut(Answer):
    text: str
    tokens: int
    citations: list[Citation]
    blocks: list[str]
    recall_id: UUID
    abstained: bool
    degraded: list[str]
    flags: list[str]
