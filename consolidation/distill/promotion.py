"""What becomes of a space's adapter by schedule: built, taken back, or left; a pure function."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from stores.parametric import AdapterRow, Member

#: New memories are worth a training once they are such a share of what is learned already.
_WORTH = 0.1


class Step(StrEnum):
    """What is to be done."""

    NOTHING = "nothing"
    BUILD = "build"
    RETIRE = "retire"


def next_step(
    wanted: Sequence[Member], active: AdapterRow | None, newest: AdapterRow | None
) -> Step:
    """What to do, where `wanted` may be learned now; `newest` is the adapter that was built last.

    A memory that may not be learned any more, for instance because nobody uses it, is taken back at
    once: it stays as text. What was built from the very same once, whatever has become of it, is
    not built again.
    """
    if not wanted:
        return Step.NOTHING if active is None else Step.RETIRE
    if newest is not None and _known(newest.manifest) == _known(wanted):
        return Step.NOTHING
    if active is None or not _known(active.manifest) <= _known(wanted):
        return Step.BUILD
    more = len(wanted) - len(active.manifest)
    return Step.BUILD if more >= _WORTH * len(active.manifest) else Step.NOTHING


def _known(members: Sequence[Member]) -> set[tuple[str, str]]:
    return {(str(member.memory_id), member.sha256) for member in members}
