"""Which entities may be the same by what their names mean: linked, or merged where that is sure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from consolidation.extract.protocol import EntityKind, Mention
from consolidation.resolve import Known, New, Same, resolve
from consolidation.resolve.mentions import SYNONYM
from stores.graph import LinkRow
from stores.ids import MemoryId, new_id
from stores.linking import Near, Thing

#: Cosine from which names may mean the same.
NEAR: Final = SYNONYM
#: Synonyms that an entity may have.
MOST = 20
#: Letters and digits of a name that says something.
_LETTERS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """An entity that is another one."""

    entity_id: MemoryId
    into: MemoryId


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """What comes of comparing entities."""

    links: tuple[LinkRow, ...]
    merges: tuple[Merge, ...]


def compare(
    near: Sequence[Near],
    things: Mapping[MemoryId, Thing],
    linked: Sequence[tuple[MemoryId, MemoryId]],
) -> Compared:
    """Merge what is the same into the older of both, link what may be; the nearest come first."""
    there = {frozenset(pair) for pair in linked}
    in_all = Counter(end for pair in there for end in pair)
    links: list[LinkRow] = []
    merges: dict[MemoryId, Merge] = {}
    for one in sorted(near, key=lambda n: (-n.cosine, n.memory_id, n.target_id)):
        pair = frozenset((one.memory_id, one.target_id))
        if pair in there or not pair <= things.keys() or pair & merges.keys():
            continue
        there.add(pair)
        newer, older = things[max(pair)], things[min(pair)]
        match _verdict(newer, older, one.cosine):
            case "same":
                merges[newer.id] = Merge(entity_id=newer.id, into=older.id)
            case "alike" if all(in_all[end] < MOST for end in pair):
                in_all.update(pair)
                links.append(_link(newer, older, one.cosine))
            case _:
                pass
    return Compared(links=tuple(links), merges=tuple(merges.values()))


def _verdict(one: Thing, other: Thing, cosine: float) -> Literal["same", "alike", "apart"]:
    """As if one were named for the first time, and only the other were known."""
    if not (_says_something(one.name) and _says_something(other.name)):
        return "apart"
    mention = Mention(name=one.name, kind=EntityKind(one.kind))
    known = Known(id=other.id, name=other.name, kind=EntityKind(other.kind), aliases=other.aliases)
    cosines: dict[tuple[str, UUID], float] = {(one.name, other.id): cosine}
    [found] = resolve([mention], [known], new_id=new_id, cosines=cosines)
    if isinstance(found, New):
        return "apart"
    # What is the same by its name was two when all names were known.
    return "same" if isinstance(found, Same) and found.reason == "meaning" else "alike"


def _says_something(name: str) -> bool:
    return sum(map(str.isalnum, name)) >= _LETTERS


def _link(newer: Thing, older: Thing, cosine: float) -> LinkRow:
    weight = round(min(cosine, 1.0), 4)
    return LinkRow(memory_id=newer.id, target_id=older.id, kind="synonym", weight=weight)
