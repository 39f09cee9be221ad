"""A resolved thing: a person, place, organisation, project …"""

from stores.kinds.base import Kind, KindPayload
from stores.records import MemoryType


class EntityPayload(KindPayload):
    """What kind of thing it is."""

    entity_kind: str | None = None


KIND = Kind(name="entity", type=MemoryType.GRAPH, payload=EntityPayload, half_life_days=365)
