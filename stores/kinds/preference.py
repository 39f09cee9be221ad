"""What somebody likes, dislikes or wants done in a certain way."""

from stores.kinds.base import Kind, StatementPayload
from stores.records import MemoryType

KIND = Kind(
    name="preference", type=MemoryType.SEMANTIC, payload=StatementPayload, half_life_days=180
)
