"""Trained or mined instructions put in front of a prompt."""

from typing import Literal

from stores.kinds.base import Kind, KindPayload
from stores.records import MemoryType


class SoftPromptPayload(KindPayload):
    """Its form, and of its text the SHA-256 and the length in tokens."""

    form: Literal["text"] | None = None
    hash: str | None = None
    tokens: int | None = None


KIND = Kind(
    name="soft_prompt", type=MemoryType.PARAMETRIC, payload=SoftPromptPayload, half_life_days=365
)
