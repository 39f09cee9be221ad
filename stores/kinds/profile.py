"""A lasting trait of a person or thing: who they are."""

from stores.kinds.base import Kind, StatementPayload
from stores.records import MemoryType

KIND = Kind(name="profile", type=MemoryType.SEMANTIC, payload=StatementPayload, half_life_days=365)
