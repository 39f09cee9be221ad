"""Settings of a recall as the lab's form has them, and how two answers differ. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import QueryParams

MODES = ("fast", "deep", "auto")
#: What can be left out: channels, then stages.
PARTS = (
    "dense", "lexical", "entity", "belief", "graph", "temporal", "tags", "salience",
    "understanding", "contiguity", "rerank", "prior", "cross_encoder", "bridge", "llm",
)  # fmt: skip
_K, _MOST_K = 5, 50
_BUDGET, _MOST_BUDGET = 600, 20_000
#: So many of the contributions to a score are drawn.
_DRAWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One side of the lab. Times are texts of the form; None is not set."""

    prefix: str = ""
    mode: str = "fast"
    k: int = _K
    budget: int = _BUDGET
    type: str | None = None
    valid: str | None = None
    known: str | None = None
    reference: str | None = None
    without: tuple[str, ...] = ()
    superseded: bool = False
    archived: bool = False

    @classmethod
    def of(cls, params: QueryParams, prefix: str) -> Setting:
        """The side whose fields have this prefix; what makes no sense is as if not given."""

        def text(name: str) -> str | None:
            return params.get(prefix + name, "").strip() or None

        mode = text("mode")
        return cls(
            prefix=prefix,
            mode=mode if mode in MODES else "fast",
            k=_whole(text("k"), _K, _MOST_K),
            budget=_whole(text("budget"), _BUDGET, _MOST_BUDGET),
            type=text("type"),
            valid=text("valid"),
            known=text("known"),
            reference=text("reference"),
            without=tuple(p for p in params.getlist(f"{prefix}without") if p in PARTS),
            superseded=bool(text("superseded")),
            archived=bool(text("archived")),
        )

    def body(self, query: str) -> dict[str, Any]:
        """As the API takes it."""
        as_of = {"valid": self.valid, "known": self.known}
        return {
            "query": query,
            "mode": self.mode,
            "k": self.k,
            "types": [self.type] if self.type else [],
            "as_of": {name: at for name, at in as_of.items() if at},
            "without": list(self.without),
            "include_superseded": self.superseded,
            "include_archived": self.archived,
            **({"reference_time": self.reference} if self.reference else {}),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What one feature adds to a score; `share` is its size against the largest, 0 to 1."""

    name: str
    value: float
    weight: float
    contribution: float
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """An answer. `ranks` are the places of memories in the answer of the other side."""

    setting: Setting
    recall: Any
    context: Any
    weights: Mapping[str, float] = field(default_factory=dict)
    ranks: Mapping[str, int] | None = None

    def parts(self, hit: Any) -> list[Part]:
        """What the features of a hit add to its score, the largest first."""
        found = contributions(
            {n: (v, self.weights.get(n, 0.0)) for n, v in hit["features"].items()}
        )
        return found[:_DRAWN]

    def moved(self, hit: Any, place: int) -> int | None:
        """How many places higher it is here than on the other side; None if it is not there."""
        there = (self.ranks or {}).get(hit["memory"]["id"])
        return None if there is None else there - place

    def marker(self, hit: Any) -> str | None:
        """By which marker the packed context names the hit."""
        cited = (c for c in self.context["citations"] if c["memory_id"] == hit["memory"]["id"])
        return next((citation["marker"] for citation in cited), None)


def contributions(features: Mapping[str, tuple[float, float]]) -> list[Part]:
    """Features by name, each as value and weight, as parts of a sum."""
    sums = {name: value * weight for name, (value, weight) in features.items()}
    most = max((abs(one) for one in sums.values()), default=0.0) or 1.0
    parts = [
        Part(
            name=name,
            value=features[name][0],
            weight=features[name][1],
            contribution=one,
            share=abs(one) / most,
        )
        for name, one in sums.items()
    ]
    return sorted(parts, key=lambda part: -abs(part.contribution))


def places(hits: Sequence[Any]) -> dict[str, int]:
    """The place of each memory, from 1."""
    return {hit["memory"]["id"]: place for place, hit in enumerate(hits, 1)}


def _whole(text: str | None, usual: int, most: int) -> int:
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) < 7
    return min(max(int(text), 1), most) if text is not None and is_number else usual
