"""How something is done."""

from stores.kinds.base import Kind, StatementPayload
from stores.records import MemoryType

KIND = Kind(
    name="procedure", type=MemoryType.SEMANTIC, payload=StatementPayload, half_life_days=180
)
