"""A shorter telling of other memories."""

from stores.kinds.base import Kind
from stores.records import MemoryType

KIND = Kind(name="summary", type=MemoryType.SEMANTIC, half_life_days=365)
