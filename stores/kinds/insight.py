"""A pattern concluded from several memories."""

from stores.kinds.base import Kind
from stores.records import MemoryType

KIND = Kind(name="insight", type=MemoryType.SEMANTIC, half_life_days=120)
