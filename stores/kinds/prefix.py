"""A stable, byte-identical prompt prefix that a model server can cache."""

from stores.kinds.base import Kind, KindPayload
from stores.records import MemoryType


class PrefixPayload(KindPayload):
    """What it is made of: memories with the version of their text, blocks with theirs."""

    #: Of the text: SHA-256, and its length in tokens.
    hash: str | None = None
    tokens: int | None = None
    members: list[tuple[str, int]] | None = None
    blocks: dict[str, int] | None = None


KIND = Kind(name="prefix", type=MemoryType.PARAMETRIC, payload=PrefixPayload, half_life_days=30)
