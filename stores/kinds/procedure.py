"""How something is done."""

from stores.kinds.base import Kind, StatementPayload
from stores.records import MemoryType


class ProcedurePayload(StatementPayload):
    """A statement, and whether what it rests on has changed since it was made from others."""

    stale: bool | None = None


KIND = Kind(
    name="procedure", type=MemoryType.SEMANTIC, payload=ProcedurePayload, half_life_days=180
)
