"""A stable, byte-identical prompt prefix that a model server can cache."""

from stores.kinds.base import Kind
from stores.records import MemoryType

KIND = Kind(name="prefix", type=MemoryType.PARAMETRIC, half_life_days=30)
