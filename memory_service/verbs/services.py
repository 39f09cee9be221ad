"""What every verb is given to work with."""

from __future__ import annotations

from dataclasses import dataclass

from llm_backend.protocols import Embedder
from memory_service.settings import Limits
from memory_service.usage import UsageNotes
from retrieval.recall import Recaller
from stores.database import Database
from stores.ids import Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """The parts a verb may use."""

    database: Database
    embedder: Embedder
    recaller: Recaller
    usage: UsageNotes
    clock: Clock
    limits: Limits
    strict_spaces: bool
