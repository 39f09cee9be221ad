"""How something is done."""

from stores.kinds.base import Kind
from stores.records import MemoryType

KIND = Kind(name="procedure", type=MemoryType.SEMANTIC, half_life_days=180)
