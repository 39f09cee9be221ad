"""A directed, time-bounded relation between two entities."""

from stores.kinds.base import Kind
from stores.records import MemoryType

KIND = Kind(name="relation", type=MemoryType.GRAPH, half_life_days=90)
