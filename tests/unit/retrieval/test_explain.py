"""A reason is one line: the places, what else speaks for it, the words it shares."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from retrieval import channels
from retrieval.explain import reason
from retrieval.fusion import Place

_SHARED = ["lamps", "green"]


def _places(**ranks: int) -> Mapping[str, Place]:
    return {name: Place(rank=rank, score=1.0) for name, rank in ranks.items()}


@pytest.mark.parametrize(
    ("placed", "contributions", "shared", "expected"),
    [
        ({}, {}, [], "near what matched"),
        ({}, {}, _SHARED, "shares lamps, green"),
        ({"lexical": 1}, {}, [], "#1 by words"),
        (
            {"dense": 3, "lexical": 1},
            {},
            _SHARED,
            "#1 by words; #3 by meaning; shares lamps, green",
        ),
        ({"dense": 3, "lexical": 3}, {}, [], "#3 by meaning; #3 by words"),
        ({"dense": 20, "lexical": 21}, {}, [], "#20 by meaning"),
        ({"dense": 21}, {}, [], "near what matched"),
        ({}, {"time": 0.3}, [], "fits the time asked for"),
        ({}, {"time": 0.29, "window": 0.1}, [], "near what matched"),
        ({}, {"words": 9.0, "meaning": 9.0, "length": 9.0}, [], "near what matched"),
        (
            {"lexical": 2},
            {"phrase": 1, "speaker": 1, "window": 1, "answers": 1, "time": 1},
            ["lamp"],
            "#2 by words; fits the time asked for; answers what was asked before it; "
            "words said around it; by whom the question names; the same phrase; shares lamp",
        ),
        ({}, {}, list("abcdefgh"), "shares a, b, c, d, e, f"),
    ],
)
def test_a_reason(
    placed: dict[str, int], contributions: dict[str, float], shared: list[str], expected: str
) -> None:
    assert reason(_places(**placed), contributions, shared) == expected


@pytest.mark.parametrize("channel", channels.load(), ids=lambda channel: channel.name)
def test_every_channel_has_a_label_a_person_can_read(channel: channels.Channel) -> None:
    assert reason(_places(**{channel.name: 1}), {}, []) == f"#1 by {channel.label}"
    assert channel.label
