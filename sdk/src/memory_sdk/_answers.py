"""What calls answer, other than single MemCubes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import Field

from memory_sdk._adapter_answers import StoppedAdapter
from memory_sdk._memcube import Answer, MemCube

Item = TypeVar("Item", bound=Answer)


class Page(Answer, Generic[Item]):
    """A stretch of a list; `next_cursor` continues it, None ends it."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


class RememberedEpisode(Answer):
    """What became of one episode: `stored`, `duplicate` or `quarantined`.

    `content_differs`: the words sent are other than those stored under this `external_id`.
    """

    id: str
    external_id: str | None = None
    status: str
    content_differs: bool = False


class RememberResult(Answer):
    """The episodes in the order they were sent, and the jobs that process them."""

    episodes: tuple[RememberedEpisode, ...]
    job_ids: tuple[str, ...] = ()


class ChannelScore(Answer):
    """Where a channel ranked a hit."""

    rank: int
    score: float


class Passage(Answer):
    """The part of a long memory's content that matched."""

    span: tuple[int, int]
    text: str


class Hit(Answer):
    """One recalled memory. `relevance`, 0..1, tells how well it bears on the query.

    `features` are what it was ranked by.
    """

    memory: MemCube
    score: float
    relevance: float
    channels: dict[str, ChannelScore] = Field(default_factory=dict)
    reason: str | None = None
    features: dict[str, float] = Field(default_factory=dict)
    passage: Passage | None = None
    held_by_adapter: bool = False


class RecallResult(Answer):
    """Hits, best first. `abstained`: nothing relevant; `degraded` names what was not asked.

    `flags` warn of what the hits are: `other-person` if they tell of somebody else than the one
    the query names.
    """

    recall_id: str
    hits: tuple[Hit, ...]
    abstained: bool
    degraded: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    timings_ms: dict[str, float] = Field(default_factory=dict)


class InChannel(Answer):
    """Where a channel ranked a memory; `rank` is None if it did not find it.

    Of the memories it `found`, `last` is the score of the last.
    """

    rank: int | None = None
    score: float | None = None
    found: int
    last: float | None = None


class Feature(Answer):
    """What one feature adds to a score: its value times its weight."""

    value: float
    weight: float
    contribution: float


class Nearness(Answer):
    """How near a memory is to the query by meaning and by words, whoever found it.

    `shared` are the words of the query that it holds; `share` is what part of the query they are.
    """

    cosine: float | None = None
    bm25: float
    shared: tuple[str, ...] = ()
    share: float


class Best(Answer):
    """The first candidate, with the features that differ notably."""

    memory_id: str
    relevance: float
    channels: dict[str, InChannel] = Field(default_factory=dict)
    features: dict[str, Feature] = Field(default_factory=dict)
    prior: float = 0.0


class Why(Answer):
    """Why a memory is recalled, or not: `reasons` in sentences, `excluded_by` as codes.

    `rank` is its place among all `candidates`; None, if it was none. `prior` is what trust, use,
    tier and age add to the sum of the features.
    """

    memory_id: str
    recalled: bool
    rank: int | None = None
    candidates: int = 0
    relevance: float | None = None
    channels: dict[str, InChannel] = Field(default_factory=dict)
    features: dict[str, Feature] = Field(default_factory=dict)
    prior: float | None = None
    nearness: Nearness | None = None
    best: Best | None = None
    reasons: tuple[str, ...]
    excluded_by: tuple[str, ...]


class Feedback(Answer):
    """`used`: how many memories are now known to have served that were not before."""

    recall_id: str
    used: int


class Ranker(Answer):
    """One version of what a space learned about ranking: what it adds to the weights of `base`.

    Only the `active` one ranks; others are `rejected`, `retired` or `reverted`.
    """

    version: int
    base: str
    state: str
    weights: tuple[float, ...]
    metrics: dict[str, Any] = Field(default_factory=dict)
    created_at: datetime


class Citation(Answer):
    """Which memory a marker in a context stands for."""

    marker: str
    memory_id: str
    space: str


class Context(Answer):
    """A block of text for a prompt, within its budget of tokens."""

    text: str
    tokens: int
    citations: tuple[Citation, ...]
    #: The names of the blocks it begins with.
    blocks: tuple[str, ...] = ()
    recall_id: str
    abstained: bool = False
    degraded: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class Cited(Answer):
    """A memory that an answer rests on, and the words of it that bear it out."""

    marker: str
    memory_id: str
    quote: str


class AnswerUsage(Answer):
    """What an answer took of the chat model; no `requests` where it was not asked."""

    model: str
    prompt: str
    requests: int
    prompt_tokens: int
    completion_tokens: int


class Confidence(Answer):
    """How probable the model's words were, 0..1; `gain` by the memory, in nats a token."""

    with_memory: float
    without_memory: float
    gain: float


class AnswerResult(Answer):
    """What a chat model answers from the memory, and what that rests on.

    `abstained`: the memory does not tell. `warnings`: `unknown-citations`,
    `contradicting-memories`, `model-disagrees`, and the flags of a recall.
    """

    answer: str
    citations: tuple[Cited, ...]
    abstained: bool
    recall_id: str
    usage: AnswerUsage
    unknown_citations: int = 0
    confidence: Confidence | None = None
    degraded: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Block(Answer):
    """A text that belongs in every context: `written` by a caller, or `derived` from `sources`."""

    name: str
    version: int
    text: str
    origin: str
    actor: str
    sources: tuple[str, ...] = ()
    run_id: str | None = None
    created_at: datetime


class ForgetResult(Answer):
    """The memories that were changed or erased; `erased` is how many are gone.

    `adapters` are those that had learned what is erased: they are stopped.
    """

    mode: str
    memory_id: str
    erased: int
    memories: tuple[str, ...]
    adapters: tuple[StoppedAdapter, ...] = ()


class LineageEdge(Answer):
    """`memory_id` rests on `source_id`, by `evidence` or as `derived_from`."""

    memory_id: str
    source_id: str
    kind: str


class Lineage(Answer):
    """What a memory came from, and what came from it."""

    memory_id: str
    sources: tuple[MemCube, ...]
    derived: tuple[MemCube, ...]
    edges: tuple[LineageEdge, ...]


class SpaceInfo(Answer):
    """A space's name and policies."""

    name: str
    policies: dict[str, Any]
    created_at: datetime


class Prefix(Answer):
    """A text that chats of a space begin with; `shown` if they do now."""

    id: str
    state: str
    shown: bool
    text: str
    tokens: int
    hash: str
    members: tuple[str, ...] = ()
    blocks: dict[str, int]
    created_at: datetime


class Cached(Answer):
    """Chats, the tokens of their prompts, and which of these the model server had read before."""

    requests: int
    prompt_tokens: int
    cached_tokens: int
    cached_share: float | None = None
    #: None: in all.
    day: date | None = None


class ServerCache(Answer):
    """The share that the model server itself tells, of everybody's prompts."""

    cached_share: float | None = None


class PrefixCache(Answer):
    """Chats through the gateway, in all and by day."""

    total: Cached
    days: tuple[Cached, ...] = ()
    server: ServerCache | None = None


class MemoryCount(Answer):
    """How many memories are of this sort; `stale` of them are to be told anew."""

    type: str
    kind: str
    state: str
    tier: str
    memories: int
    stale: int


class BacklogFigures(Answer):
    """Memories that something is owed to, by stage; `set_aside` are those that fail."""

    embed: int
    extract: int
    held: int
    segment: int
    link: int
    set_aside: int


class JobFigures(Answer):
    """Jobs that are not over; how long those of the last hour waited to begin, in seconds."""

    scheduled: int
    pending: int
    running: int
    failed: int
    oldest_pending_s: float
    begun_last_hour: int
    wait_p50_s: float | None = None
    wait_p95_s: float | None = None


class Overview(Answer):
    """How a space stands, or all of them; memories of every state but `erased`."""

    total: int
    active: int
    stale: int
    memories: tuple[MemoryCount, ...]
    backlog: BacklogFigures
    jobs: JobFigures


class SpaceFigures(Answer):
    """How one space stands, in a line."""

    space: str
    memories: int
    active: int
    stale: int
    unsearchable: int
    unconsolidated: int
    set_aside: int
    pending_jobs: int
    failed_jobs: int
    oldest_pending_s: float
    changed_at: datetime | None = None


class Growth(Answer):
    """At the end of the day there were `total` memories of the type, `change` more than before."""

    day: date
    type: str
    change: int
    total: int


class GrowthDays(Answer):
    """Days with a change."""

    items: tuple[Growth, ...]


class Took(Answer):
    """Quantiles of how long calls took, in milliseconds; `at` is when a step began."""

    operation: str
    calls: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    at: datetime | None = None


class Latency(Answer):
    """How long calls took, over all of the time and step by step."""

    since: datetime
    until: datetime
    step_s: int
    operations: tuple[Took, ...]
    steps: tuple[Took, ...]


class ModelUsage(Answer):
    """What a language model was asked for in a space on a day, for one purpose.

    `cached_tokens`, which the server had read before, are among the prompt's.
    """

    space: str
    day: date
    purpose: str
    model: str
    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int


class DoneByRules(Answer):
    """Runs of a job that did by rules what the chat model was to do, and why."""

    job: str
    reason: str
    runs: int
    last_at: datetime


class LlmStatus(Answer):
    """The chat model as the service sees it, and how a space stands with it."""

    #: `none` is configured, it is `ok`, `slow`, or `down`.
    state: str
    #: Since when it is down, and why.
    since: datetime | None = None
    reason: str | None = None
    #: Jobs that wait until it is back.
    waiting_jobs: int = 0
    #: In the last 24 hours.
    by_rules: tuple[DoneByRules, ...] = ()
    tokens_today: int = 0
    tokens_per_day: int | None = None


class Status(Answer):
    """What a space holds, by memory type, and what is still to be done for it."""

    episodes: int
    memories: dict[str, int]
    pending_jobs: int
    failed_jobs: int
    #: Set aside because they fail by themselves; they are tried again by `consolidate`.
    failed_items: int = 0
    unembedded: int
    oldest_pending_s: float | None = None
    #: None: the server is older and does not tell.
    llm: LlmStatus | None = None

    @property
    def settled(self) -> bool:
        """Whether all that was remembered is processed."""
        return self.pending_jobs == 0 and self.unembedded == 0


class ConsolidateResult(Answer):
    """The jobs that were queued."""

    job_ids: tuple[str, ...]


class DeleteResult(Answer):
    """How many memories were erased with their space."""

    erased: int


class ImportResult(Answer):
    """How many lines were taken in, and how many were there already."""

    imported: int
    skipped: int


class Progress(Answer):
    """How far a job has come; `total` is None where that is not known beforehand."""

    done: int
    total: int | None = None


class Job(Answer):
    """Queued work: `pending`, `running`, `succeeded`, `failed` or `cancelled`.

    One that is `scheduled` runs by itself when it is due, and is not owed before.
    """

    id: str
    space: str
    name: str
    state: str
    attempts: int
    error: str | None = None
    progress: Progress | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    due_at: datetime | None = None
    #: What it did that can be taken back, each by `client.runs.undo`.
    run_ids: tuple[str, ...] = ()


class Key(Answer):
    """An API key as it is listed; `spaces` None is every space of the tenant."""

    id: str
    name: str
    role: str
    spaces: tuple[str, ...] | None = None
    expires_at: datetime | None = None
    created_at: datetime


class NewKey(Key):
    """A key just made. `key` is shown this once, and left out of the repr."""

    key: str = Field(repr=False)


class Health(Answer):
    """Whether the process answers."""

    status: str


class Readiness(Answer):
    """Whether database, model and worker do their part; `reasons` say what does not."""

    status: str
    reasons: dict[str, str] = Field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.status == "ready"
