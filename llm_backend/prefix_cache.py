"""How much of what it was asked a vLLM had read before, by its own account. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Of each engine; the names are those of vLLM's Prometheus figures.
_LINE = re.compile(r"^vllm:prefix_cache_(queries|hits)_total(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class PrefixCache:
    """Tokens of prompts since the server started, and those of them that it found."""

    queries: int
    hits: int


def read(figures: str) -> PrefixCache | None:
    """From all figures of a server; None where they do not tell."""
    found = {"queries": 0, "hits": 0}
    told = _LINE.findall(figures)
    for name, value in told:
        found[name] += int(float(value))
    return PrefixCache(**found) if {name for name, _ in told} == found.keys() else None
