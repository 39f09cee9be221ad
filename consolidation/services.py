"""What a job is given to work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from consolidation.extract.protocol import Extractor
from llm_backend.adapters import AdapterShelf
from llm_backend.chat import ChatModel
from llm_backend.protocols import Embedder
from llm_backend.training.process import Trainer
from stores.artifacts import Artifacts
from stores.database import Database, ReadSession
from stores.ids import Clock, TenantId
from stores.pads import Pads
from stores.records import Space


@dataclass(frozen=True, kw_only=True, slots=True)
class Workshop:
    """Where adapters are trained, on which base model, and where their weights are kept."""

    trainer: Trainer
    artifacts: Artifacts
    #: Where what is being trained lies: the words of memories among it, so each build clears up.
    folder: Path
    base_model: str
    device: str = "auto"
    threads: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """The parts a job may use."""

    database: Database
    embedder: Embedder
    extractor: Extractor
    clock: Clock
    #: Where the weights of adapters lie.
    artifacts: Artifacts
    #: What opens the words that are kept sealed for a while after they were erased.
    pads: Pads
    #: The server that they are loaded to; None: there is none.
    shelf: AdapterShelf | None = None
    #: None: the jobs go by rules alone.
    chat: ChatModel | None = None
    #: The chat model as the job of that name may use it: in its turn, within the space's budget,
    #: counted. None where it is asked directly.
    charged: Callable[[Work, str], ChatModel] | None = None
    #: None: no base model is set, and nothing is trained.
    workshop: Workshop | None = None

    def at_work(self, work: Work, name: str) -> Services:
        """As the job of that name gets them: what it asks a model for is charged to its space."""
        if self.charged is None:
            return self
        chat = self.charged(work, name)
        return replace(self, chat=chat, extractor=self.extractor.asking(chat))


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """The job at hand: whose it is and on which space."""

    tenant: TenantId
    space: Space
    job_id: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Cadence:
    """When a job is due by itself in a space that has changed; any of these that is set."""

    #: So long after it last ran.
    every: timedelta | None = None
    #: When nothing was written for so long.
    idle: timedelta | None = None
    #: After so many new memories.
    volume: int | None = None
    #: When a session of the space has ended.
    session_end: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class JobKind:
    """A kind of job: its name, and the function that drains what is owed to a space.

    `run` may be called again after a crash at any point and must then go on, not start over.
    """

    name: str
    run: Callable[[Services, Work], Awaitable[None]]
    #: None: it runs when something asks for it.
    cadence: Cadence | None = None
    #: Whether it runs by its cadence in spaces that do not say.
    on: bool = True
    #: Whether what it makes is a change that jobs with a cadence are to look at.
    feeds: bool = False
    #: When time alone next owes it something in a space, such as an expiry; None: never.
    owed_at: Callable[[ReadSession, Space], Awaitable[datetime | None]] | None = None
