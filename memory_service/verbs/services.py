"""What every verb is given to work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from consolidation.services import Workshop
from llm_backend.adapters import AdapterShelf
from llm_backend.chat import ChatModel
from llm_backend.protocols import Embedder
from memory_service.charging import Desk
from memory_service.settings import Limits
from memory_service.timing import Stopwatch
from memory_service.usage import UsageNotes
from retrieval.recall import Recaller
from stores.artifacts import Artifacts
from stores.database import Database
from stores.ids import Clock, TenantId
from stores.pads import Pads
from stores.records import Space


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """The parts a verb may use."""

    database: Database
    embedder: Embedder
    recaller: Recaller
    usage: UsageNotes
    stopwatch: Stopwatch
    clock: Clock
    limits: Limits
    strict_spaces: bool
    #: Where the weights of adapters lie, and the server that they are loaded to, if there is one.
    artifacts: Artifacts
    #: What opens the words that are kept sealed for a while after they were erased.
    pads: Pads
    shelf: AdapterShelf | None = None
    #: The chat model as a space may use it for a purpose while somebody waits; None: there is none.
    chat: Callable[[TenantId, Space, str], ChatModel] | None = None
    #: The model's server and the account that is kept of it; None where there is none.
    desk: Desk | None = None
    #: Where adapters are trained and kept; None: no base model is set.
    workshop: Workshop | None = None
