"""A resolved thing: a person, place, organisation, project …"""

from stores.kinds.base import Kind
from stores.records import MemoryType

KIND = Kind(name="entity", type=MemoryType.GRAPH, half_life_days=365)
