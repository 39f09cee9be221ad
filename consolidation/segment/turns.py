"""A turn of a session, as segmentation sees it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

from numpy import float32
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Turn:
    """What somebody said; turns come in the order in which they were said."""

    id: Hashable
    text: str
    speaker: str
    occurred_at: datetime
    #: A unit vector; all those of a session have the same dimensions.
    embedding: NDArray[float32] | None = None
    #: Mean surprisal of its tokens to a language model, in nats.
    surprise: float | None = None
