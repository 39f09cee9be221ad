"""LoRA weights distilled from memories."""

from stores.kinds.base import Kind
from stores.records import MemoryType

KIND = Kind(name="adapter", type=MemoryType.PARAMETRIC, half_life_days=365)
