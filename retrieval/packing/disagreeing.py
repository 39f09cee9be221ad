"""Says which of the packed memories contradict each other: mixed evidence is not to go unlabelled.

A model that is shown two versions without a word picks the one that it believed before (Chameleon
and sloth, arXiv:2305.13300).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from retrieval.packing.records import Packed
from retrieval.packing.rendering import CLOSING
from retrieval.packing.tokens import count_tokens
from stores.ids import MemoryId

Pair = tuple[MemoryId, MemoryId]
#: How the line begins that stands last.
OPENING = "At odds:"
#: Pairs that are told.
MOST = 4
#: The longest pair: there are at most a hundred candidates.
_PAIR = "[100] and [100],"


def left_beside(pairs: Sequence[Pair], budget: int) -> int:
    """Tokens for memories, of which some may be at odds; they get half of a small budget."""
    if not pairs:
        return budget
    line = count_tokens(OPENING) + count_tokens(_PAIR) * min(len(pairs), MOST)
    return max(budget - line, budget // 2)


def told(packed: Packed, pairs: Sequence[Pair], budget: int) -> Packed:
    """The text with a last line that names those of the pairs that are both in it, if it fits."""
    numbers = {c.memory_id: number for number, c in enumerate(packed.citations)}
    there = sorted(
        sorted((numbers[one], numbers[other]))
        for one, other in pairs
        if one in numbers and other in numbers
    )
    if not there:
        return packed
    markers = [c.marker for c in packed.citations]
    said = ", ".join(f"{markers[one]} and {markers[other]}" for one, other in there[:MOST])
    text = f"{packed.text.removesuffix(CLOSING)}{OPENING} {said}.\n{CLOSING}"
    tokens = count_tokens(text)
    if tokens <= budget:
        packed = replace(packed, text=text, tokens=tokens)
    return replace(packed, at_odds=tuple((markers[one], markers[other]) for one, other in there))
