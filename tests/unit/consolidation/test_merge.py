"""Merging: only what says the same of the same goes into another; nothing is lost on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidation.merge.choose import choose, merged
from stores.ids import MemoryId
from stores.linking import Near
from stores.merging import Mergeable

MAY = datetime(2024, 5, 6, tzinfo=UTC)


def memory(number: int, content: str = "Nora trains Moss for the trials", **more: Any) -> Mergeable:
    """A fact, the later the higher its number."""
    made = {"version": 1, "kind": "fact", "created_at": MAY + timedelta(hours=number), **more}
    return Mergeable(id=MemoryId(UUID(int=number)), content=content, **made)


ONE, OTHER = MemoryId(UUID(int=100)), MemoryId(UUID(int=101))


@pytest.mark.parametrize(
    "other",
    [
        memory(2, "Nora trains Moss for 2 trials"),
        memory(2, "Nora trains Moss for the trials in June"),
        memory(2, "Nora never trains Moss for the trials"),
        memory(2, "Nora trains Rex for the trials"),
        memory(2, "Nora sometimes trains Moss for the trials"),
        memory(2, subject="Ana"),
        memory(2, kind="note"),
        memory(2, named=frozenset({OTHER})),
        memory(2, visibility="private"),
        memory(2, sensitivity=frozenset({"health"})),
        memory(2, invalid_at=MAY),
        memory(2, expires_at=MAY),
    ],
    ids=lambda m: m.content,
)
def test_what_differs_stays(other: Mergeable) -> None:
    known = memory(1, subject="Nora", named=frozenset({ONE}))
    assert merged(known, other, 0.99) is None


def test_what_is_about_whoever_says_it_is_not_said_by_two() -> None:
    mine = memory(1, "I have two dogs", speakers=frozenset({"Ana"}))
    assert merged(mine, memory(2, "I have two dogs", speakers=frozenset({"Ben"})), 1.0) is None
    assert merged(mine, memory(2, "I have two dogs", speakers=frozenset({"Ana"})), 1.0)


def test_two_runs_on_two_days_are_two() -> None:
    first = memory(1, "Nora ran five miles", happened=True, moment=MAY)
    assert merged(first, replace(memory(2), content=first.content, happened=True,
                                 moment=MAY + timedelta(days=1)), 1.0) is None  # fmt: skip
    assert merged(first, memory(2, first.content, happened=True, moment=MAY), 1.0)


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({}, {"pinned": True}),
        ({}, {"claims": True}),
        ({}, {"written": True}),
        ({}, {"episodes": frozenset({ONE})}),
        ({"episodes": frozenset({ONE})}, {"confirmations": 2}),
    ],
)
def test_the_better_one_stays_whichever_is_newer(
    worse: dict[str, Any], better: dict[str, Any]
) -> None:
    for a, b in ((1, 2), (2, 1)):
        found = merged(memory(a, **worse), memory(b, **better), 0.99)
        assert found is not None
        assert found.survivor.id == memory(b).id


def test_of_two_equals_the_newer_stays() -> None:
    found = merged(memory(1), memory(2), 0.99)
    assert found is not None
    assert found.survivor.id == memory(2).id


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"pinned": True}, {"pinned": True}),
        ({"claims": True}, {"claims": True}),
        ({"held": True}, {"pinned": True}),
        ({"held": True}, {}),
        ({"claims": True, "valid_at": MAY + timedelta(days=1)}, {"valid_at": MAY}),
    ],
)
def test_what_must_not_change_is_left_alone(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert merged(memory(1, **a), memory(2, **b), 0.99) is None


def test_the_survivor_holds_since_the_first_and_has_all_tags() -> None:
    found = merged(
        memory(1, tags=("dogs",), valid_at=MAY, episodes=frozenset({ONE}), confirmations=1),
        memory(2, tags=("trials",), valid_at=MAY + timedelta(days=3), written=True,
               episodes=frozenset({OTHER})),
        0.99,
    )  # fmt: skip
    assert found is not None
    assert (found.valid_at, found.tags) == (MAY, ("trials", "dogs"))
    assert (found.revises, found.confirmations) == (True, 2)


def test_the_same_episode_is_no_further_source() -> None:
    both = frozenset({ONE})
    found = merged(memory(1, episodes=both), memory(2, episodes=both), 0.99)
    assert found is not None
    assert found.confirmations == 0


_TEXTS = st.sampled_from(
    ["Nora trains Moss", "Nora trains Moss!", "nora trains moss", "Nora trains 2 dogs"]
)
_KNOWN = st.lists(
    st.tuples(_TEXTS, st.booleans(), st.booleans(), st.booleans()), min_size=2, max_size=7
)


@given(_KNOWN)
def test_no_survivor_is_lost_and_nothing_goes_twice(drawn: list[Any]) -> None:
    known = {
        m.id: m
        for number, (content, pinned, held, claims) in enumerate(drawn)
        for m in [memory(number, content, pinned=pinned, held=held, claims=claims)]
    }
    near = [Near(a, b, 0.99) for a in known for b in known if a != b]
    merges = choose(near, known)
    losers = [merge.loser.id for merge in merges]
    assert len(losers) == len(set(losers))
    assert not set(losers) & {merge.survivor.id for merge in merges}
    for merge in merges:
        kept = (merge.loser.pinned, merge.loser.held, merge.loser.claims)
        assert not any(kept)
        assert ("2" in merge.loser.content) == ("2" in merge.survivor.content)
    # In any order of what is near, the same is merged.
    assert choose(near[::-1], known) == merges
    # And among what stays, nothing is left to merge.
    left = {i: m for i, m in known.items() if i not in losers}
    assert not choose([n for n in near if {n.memory_id, n.target_id} <= left.keys()], left)
