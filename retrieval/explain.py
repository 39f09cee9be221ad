"""Why a hit is there, in one line a person can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from retrieval.fusion import Place
from stores.lexical import words_by_term
from stores.records import MemCube

_SAID = {"dense": "meaning", "lexical": "words", "contiguity": "words said around it"}
#: Places beyond this did not bring a hit up.
_NOTABLE = 20


def reason(query: Sequence[str], cube: MemCube, places: Mapping[str, Place]) -> str:
    """The lists that rank it high, best first, and the words it shares with the query."""
    notable = sorted((p.rank, name) for name, p in places.items() if p.rank <= _NOTABLE)
    parts = [f"#{rank} by {_SAID[name]}" for rank, name in notable]
    said = words_by_term(cube.content)
    if shared := [said[term] for term in query if term in said]:
        parts.append(f"shares {', '.join(shared[:6])}")
    return "; ".join(parts) or "near what matched"
