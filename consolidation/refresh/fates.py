"""What is stale because something below it changed, and what has nothing left to rest on. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from stores.dependents import Dependent
from stores.ids import MemoryId


class Fate(StrEnum):
    """What a change below does to what was derived."""

    #: It may not say what it would say today.
    STALE = "stale"
    #: Nothing that it was derived from holds any more.
    BEREFT = "bereft"


def fates(dependents: Sequence[Dependent]) -> dict[MemoryId, Fate]:
    """The fate of each that has one; `upon` others, it shares in theirs.

    What rests on something that stands is not bereft, whatever else changed below it.
    """
    known = {one.id: one for one in dependents}
    found: dict[MemoryId, Fate] = {}
    # What is above is reached from what is below: a longer way takes another round.
    while True:
        before = dict(found)
        for one in known.values():
            below = [source for source in one.upon if source in known]
            bereft = not one.stands and all(found.get(s) is Fate.BEREFT for s in below)
            if bereft:
                found[one.id] = Fate.BEREFT
            elif one.changed or any(source in found for source in below):
                found.setdefault(one.id, Fate.STALE)
        if found == before:
            return found
