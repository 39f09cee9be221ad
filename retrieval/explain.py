"""Why a hit is there, in one line a person can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from retrieval import channels, second_opinion
from retrieval.deep import llm_prober
from retrieval.fusion import Place

#: Features worth telling beyond the channels, and from which contribution to the score on.
_SAID = {
    "time": "fits the time asked for",
    "answers": "answers what was asked before it",
    "window": "words said around it",
    "speaker": "by whom the question names",
    "phrase": "the same phrase",
    "graph": "near what is named",
}
_NOTABLE = 0.3
#: Places beyond this did not bring a hit up.
_FIRST = 20
_WORDS = 6
STALE = "stale: what it rests on has changed"


def reason(
    placed: Mapping[str, Place],
    contributions: Mapping[str, float],
    shared: Sequence[str],
    led: str | None = None,
    *,
    stale: bool = False,
) -> str:
    """The channels that rank it high, best first; what else speaks for it; the words it shares.

    `led` says what led to it from other hits; `stale`, that what it rests on has changed.
    """
    labels = {channel.name: channel.label for channel in channels.load()}
    labels[second_opinion.NAME] = second_opinion.LABEL
    labels[llm_prober.NAME] = llm_prober.LABEL
    notable = sorted((p.rank, n) for n, p in placed.items() if n in labels and p.rank <= _FIRST)
    parts = [f"#{rank} by {labels[name]}" for rank, name in notable]
    parts += [led] if led else []
    parts += [said for name, said in _SAID.items() if contributions.get(name, 0.0) >= _NOTABLE]
    if shared:
        parts.append(f"shares {', '.join(shared[:_WORDS])}")
    said = "; ".join(parts) or "near what matched"
    return f"{said}; {STALE}" if stale else said
