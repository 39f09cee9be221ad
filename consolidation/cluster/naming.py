"""Groups keep their ids from one grouping to the next, as far as they keep their members."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import count
from uuid import UUID, uuid5

from stores.ids import MemoryId

#: Of all members of both, so many in common make two groups the same.
_SAME = 0.3


def named(
    groups: Sequence[Collection[MemoryId]],
    former: Mapping[UUID, Collection[MemoryId]],
    space: UUID,
) -> list[UUID]:
    """An id for each group: that of the former group it shares most with, else one of its own.

    Likeness is Jaccard's: members in common over members of either. The same groups get the same
    ids; no two groups get one.
    """
    alike = sorted(
        (
            (-_likeness(set(group), set(known)), str(group_id), number)
            for number, group in enumerate(groups)
            for group_id, known in former.items()
        ),
    )
    ids: dict[int, UUID] = {}
    taken: set[UUID] = set()
    for likeness, group_id, number in alike:
        if -likeness >= _SAME and number not in ids and UUID(group_id) not in taken:
            ids[number] = UUID(group_id)
            taken.add(UUID(group_id))
    for number, group in enumerate(groups):
        if number not in ids:
            made = (uuid5(space, f"group {min(group)} {again}") for again in count())
            ids[number] = next(one for one in made if one not in taken and one not in former)
            taken.add(ids[number])
    return [ids[number] for number in range(len(groups))]


def _likeness(one: set[MemoryId], other: set[MemoryId]) -> float:
    return len(one & other) / len(one | other)
