"""Policies of how memories fade and how many are kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from consolidation.decay import PROFILES
from memory_service.api.schemas.base import Schema
from stores import kinds
from stores.records import MemoryType

#: Types that a quota may limit; what the graph says is kept as long as what it rests on.
_LIMITED = (MemoryType.EPISODIC, MemoryType.SEMANTIC)


def _profile(name: str) -> str:
    known = [*PROFILES, "none"]
    if name not in known:
        raise ValueError(f"the profiles are {', '.join(known)}")
    return name


def _kind(name: str) -> str:
    if name not in kinds.load():
        raise ValueError(f"the kinds are {', '.join(sorted(kinds.load()))}")
    return name


def _limited(name: str) -> str:
    of_types = {kind.name for kind in kinds.load().values() if kind.type in _LIMITED}
    known = [*map(str, _LIMITED), *sorted(of_types)]
    if name not in known:
        raise ValueError(f"a quota is for one of {', '.join(known)}")
    return name


#: A minute to a thousand years, in days.
Days = Annotated[float, Field(ge=1 / 1440, le=365_000, allow_inf_nan=False)]
Ttl = Literal["archive", "erase"]
#: How many active memories of a type or kind there may be.
Quotas = Annotated[
    dict[Annotated[str, AfterValidator(_limited)], Annotated[int, Field(ge=0, le=1_000_000_000)]],
    Field(max_length=50),
]


class DecayPolicy(Schema):
    """How memories fade: by which profile, and the half-lives of kinds that are to have others."""

    profile: Annotated[str, AfterValidator(_profile)] = "ebbinghaus"
    half_lives: Annotated[
        dict[Annotated[str, AfterValidator(_kind)], Days], Field(max_length=50)
    ] = {}
