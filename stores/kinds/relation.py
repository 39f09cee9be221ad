"""A directed, time-bounded relation between two entities."""

from stores.kinds.base import Kind, StatementPayload
from stores.records import MemoryType

KIND = Kind(name="relation", type=MemoryType.GRAPH, payload=StatementPayload, half_life_days=90)
