"""What a caller may ask of the memory for one exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stores.scope import Filter


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """The memory's part in one exchange."""

    space: str
    #: None: made of how the conversation begins.
    session_id: str | None = None
    recall: bool = True
    #: Candidates that the context is chosen from, and its length.
    k: int = 50
    budget_tokens: int = 1000
    mode: str = "fast"
    #: Of the space, all or these, before what is recalled.
    blocks: bool | Sequence[str] = False
    #: Whether the model is shown the prefix of the space, if there is one, in front of everything.
    prefix: bool = True
    limits: Filter = field(default_factory=lambda: Filter(recalled=True))
    #: Whether the model is shown what was recalled, or only the caller is told.
    inject: bool = True
    remember: bool = True
    #: Whose turns are remembered, and how they are called.
    roles: frozenset[str] = frozenset({"user", "assistant"})
    speakers: Mapping[str, str] = field(default_factory=dict)
