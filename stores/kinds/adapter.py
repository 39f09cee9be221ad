"""LoRA weights distilled from memories."""

from stores.kinds.base import Kind, KindPayload
from stores.records import MemoryType


class AdapterPayload(KindPayload):
    """Which version of the space's adapter it is, what it sits on, the SHA-256 of its weights."""

    version: int
    alias: str
    base_model: str
    base_model_hash: str | None = None
    artifact: str | None = None
    memories: int | None = None


KIND = Kind(name="adapter", type=MemoryType.PARAMETRIC, payload=AdapterPayload, half_life_days=365)
