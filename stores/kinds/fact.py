"""Something stated to be true, about a subject, for a stretch of time."""

from stores.kinds.base import Kind, StatementPayload
from stores.records import MemoryType

KIND = Kind(name="fact", type=MemoryType.SEMANTIC, payload=StatementPayload, half_life_days=90)
