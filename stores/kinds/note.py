"""A remark somebody wrote down."""

from stores.kinds.base import Kind
from stores.records import MemoryType

KIND = Kind(name="note", type=MemoryType.SEMANTIC, half_life_days=90)
