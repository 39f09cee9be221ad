"""Decay: the papers' own numbers, and what holds of every profile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidation.decay import PROFILES, published
from consolidation.decay.finmem import PROFILE as FINMEM
from consolidation.decay.outlook import EDGES, MARGIN, outlook, tier_of
from consolidation.decay.protocol import Kept, Profile
from consolidation.decay.quotas import Support, choose
from consolidation.decay.rules import rules_of
from stores.ids import MemoryId
from stores.records import Tier
from tests.fixtures.records import memory_id

START = datetime(2026, 1, 1, tzinfo=UTC)
FACT = Kept(half_life_days=90, importance=0.5, trust=1.0, since=START)
ORDER = [tier for tier, _ in EDGES]
PROFILE = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))


def _at(days: float) -> datetime:
    return START + timedelta(days=days)


def _first_below(level: float, value: object) -> int:
    return next(step for step in range(2000) if value(step) < level)  # type: ignore[operator]


# What is published.


def test_memory_bank_forgets_slower_with_every_recall() -> None:
    assert published.memory_bank(1, 0) == pytest.approx(exp(-1))
    assert published.memory_bank(3, 2) == pytest.approx(exp(-1))


@pytest.mark.parametrize(
    ("uses", "importance", "confirmations", "hours"), [(3, 0.3, 1, 12.6), (100, 0.75, 10, 61.0)]
)
def test_super_local_memory_forgets_within_hours(
    uses: int, importance: float, confirmations: int, hours: float
) -> None:
    strength = published.super_local_strength(
        uses=uses, importance=importance, confirmations=confirmations
    )
    assert published.distrusted(hours - 0.2, strength, 1.0) > 0.05
    assert published.distrusted(hours + 0.2, strength, 1.0) < 0.05


def test_super_local_memory_keeps_its_strength_within_bounds() -> None:
    assert published.super_local_strength(uses=0, importance=0, confirmations=0) == 0.1
    assert published.super_local_strength(uses=9, importance=1, confirmations=500) == 100
    assert published.super_local_strength(
        uses=0, importance=0, confirmations=1, feeling=1
    ) == pytest.approx(1.5)


def test_distrust_speeds_forgetting_up_threefold_at_most() -> None:
    assert published.distrusted(1, 30, 0.0) == pytest.approx(published.ebbinghaus(3, 30))
    assert published.distrusted(1, 30, 1.0) == pytest.approx(published.ebbinghaus(1, 30))


def test_generative_agents_count_hours() -> None:
    assert published.generative_agents(1) == 0.995
    assert published.generative_agents(24) == pytest.approx(0.8867, abs=1e-4)


@pytest.mark.parametrize(
    ("layer", "importance", "by_recency", "by_importance"),
    [
        (published.SHORT, 50, 9, 28),
        (published.MID, 60, 270, 75),
        (published.LONG, 80, 1094, 230),
    ],
    ids=["short", "mid", "long"],
)
def test_finmem_forgets_after_so_many_days(
    layer: published.Layer, importance: float, by_recency: int, by_importance: int
) -> None:
    recency = _first_below(published.LEAST_RECENCY, lambda d: published.finmem_recency(d, layer))
    faded = _first_below(
        published.LEAST_IMPORTANCE, lambda d: published.finmem_importance(d, importance, layer)
    )
    assert (recency, faded) == (by_recency, by_importance)


# Our profiles.


def test_the_default_is_a_curve_over_the_half_life_of_the_kind() -> None:
    plain = replace(FACT, importance=0.0)
    found = outlook(PROFILES["ebbinghaus"], plain, _at(90))
    assert found.retention == pytest.approx(0.5)
    assert found.strength == pytest.approx(90 / log(2))


@pytest.mark.parametrize(
    ("change", "factor"),
    [
        ({"importance": 1.0}, 2.0),
        ({"uses": 1}, 1 + 0.6 * log(2)),
        ({"confirmations": 3}, 1 + 0.3 * log(4)),
        ({"trust": 0.5}, 1.0),
    ],
    ids=str,
)
def test_what_makes_a_memory_last(change: dict[str, float], factor: float) -> None:
    plain = replace(FACT, importance=0.0)
    profile = PROFILES["ebbinghaus"]
    kept = replace(plain, **change)  # type: ignore[arg-type]
    assert profile.strength(kept) == pytest.approx(factor * profile.strength(plain))


def test_what_nobody_trusts_fades_three_times_as_fast() -> None:
    profile = PROFILES["ebbinghaus"]
    assert profile.age_when(replace(FACT, trust=0.0), 0.5) == pytest.approx(
        (profile.age_when(FACT, 0.5) or 0) / 3
    )


def test_in_finmem_a_memory_sinks_by_use_and_comes_up_as_it_fades() -> None:
    new = replace(FACT, importance=0.5)
    assert FINMEM.strength(new) == 3
    assert FINMEM.strength(replace(new, uses=2)) == 90
    assert FINMEM.strength(replace(new, uses=6)) == 365
    # From 80 the deep layer holds it until it has faded to that: at once; then 8.6 days.
    middle = replace(new, importance=0.8)
    days = log(80 / 60) / -log(0.967)
    assert FINMEM.retention(middle, days - 0.01) > FINMEM.retention(middle, days + 0.01) + 0.1
    assert FINMEM.retention(new, 8.9) > 0
    assert FINMEM.retention(new, 9.0) == 0


def test_in_act_r_an_unused_memory_is_half_gone_at_its_half_life() -> None:
    profile = PROFILES["act_r"]
    assert profile.retention(FACT, 90) == pytest.approx(0.5)
    used = replace(FACT, uses=3, last_used_at=_at(30))
    late = replace(FACT, uses=3, last_used_at=_at(300))
    assert profile.retention(used, 90) > profile.retention(late, 90) > 0.5


@PROFILE
def test_what_is_held_does_not_decay(profile: Profile) -> None:
    found = outlook(profile, replace(FACT, held=True, tier=Tier.ARCHIVED), _at(9999))
    assert (found.retention, found.tier, found.next_transition_at) == (1.0, Tier.HOT, None)


def test_without_a_profile_nothing_decays() -> None:
    found = outlook(None, replace(FACT, tier=Tier.COLD), _at(9999))
    assert (found.retention, found.tier, found.next_transition_at) == (1.0, Tier.HOT, None)


@PROFILE
def test_a_use_brings_a_memory_back(profile: Profile) -> None:
    gone = outlook(profile, FACT, _at(5000))
    assert gone.tier is Tier.ARCHIVED
    assert gone.next_transition_at is None
    used = replace(FACT, tier=gone.tier, last_used_at=_at(5000), uses=1)
    assert outlook(profile, used, _at(5000)).tier in {Tier.HOT, Tier.WARM}


def test_what_holds_from_a_later_day_on_is_not_older_than_new() -> None:
    ahead = replace(FACT, valid_at=_at(100))
    assert outlook(PROFILES["ebbinghaus"], ahead, _at(50)).retention == 1.0
    assert outlook(PROFILES["ebbinghaus"], ahead, _at(190)).retention < 1.0


@pytest.mark.parametrize(
    ("retention", "before", "after"),
    [
        (0.79, Tier.HOT, Tier.HOT), (0.77, Tier.HOT, Tier.WARM), (0.82, Tier.WARM, Tier.WARM),
        (0.84, Tier.WARM, Tier.HOT), (0.1, Tier.HOT, Tier.ARCHIVED),
        (0.22, Tier.ARCHIVED, Tier.ARCHIVED), (0.24, Tier.ARCHIVED, Tier.COLD),
        (1.0, Tier.ARCHIVED, Tier.HOT), (0.48, Tier.WARM, Tier.WARM),
    ],
)  # fmt: skip
def test_a_tier_is_left_beyond_a_margin(retention: float, before: Tier, after: Tier) -> None:
    assert tier_of(retention, before) is after


KEPT = st.builds(
    Kept,
    half_life_days=st.floats(0.01, 1000),
    importance=st.floats(0, 1),
    trust=st.floats(0, 1),
    since=st.just(START),
    valid_at=st.none() | st.floats(0, 500).map(_at),
    uses=st.integers(0, 50),
    last_used_at=st.none() | st.floats(0, 500).map(_at),
    confirmations=st.integers(0, 50),
    tier=st.sampled_from(list(Tier)),
)


@PROFILE
@given(kept=KEPT, younger=st.floats(0, 3000), more=st.floats(0, 3000))
def test_retention_only_falls_with_age(
    profile: Profile, kept: Kept, younger: float, more: float
) -> None:
    first, then = profile.retention(kept, younger), profile.retention(kept, younger + more)
    assert 0 <= then <= first + 1e-12 <= 1 + 1e-9


@PROFILE
@given(kept=KEPT, days=st.floats(0, 2000))
def test_the_tier_changes_when_it_was_said_and_not_before(
    profile: Profile, kept: Kept, days: float
) -> None:
    found = outlook(profile, kept, _at(days))
    if found.next_transition_at is None:
        assert found.tier is Tier.ARCHIVED or profile.retention(kept, 30_000) > 0.1
        return
    kept = replace(kept, tier=found.tier)
    early = found.next_transition_at - timedelta(seconds=1)
    if early > _at(days):
        assert outlook(profile, kept, early).tier is found.tier
    late = outlook(profile, kept, found.next_transition_at + timedelta(seconds=1))
    assert ORDER.index(late.tier) > ORDER.index(found.tier)


@PROFILE
@given(kept=KEPT, days=st.floats(0, 2000))
def test_looking_again_at_once_changes_nothing(profile: Profile, kept: Kept, days: float) -> None:
    found = outlook(profile, kept, _at(days))
    assert outlook(profile, replace(kept, tier=found.tier), _at(days)) == found


@given(retention=st.floats(0, 1), noise=st.floats(-MARGIN, MARGIN), before=st.sampled_from(ORDER))
def test_no_wavering_within_the_margin_moves_a_memory_there_and_back(
    retention: float, noise: float, before: Tier
) -> None:
    there = tier_of(retention, before)
    back = tier_of(min(max(retention + noise, 0.0), 1.0), there)
    assert tier_of(retention, back) in {there, back}
    assert len({there, back, tier_of(retention, back)}) <= 2
    if abs(noise) < MARGIN / 2:
        again = tier_of(retention, back)
        assert again is back


# Rules.


def test_other_rules_have_another_number() -> None:
    default = rules_of({})
    assert default.key == rules_of({"decay": {"profile": "ebbinghaus"}}).key != 0
    others = [{"profile": "none"}, {"profile": "finmem"}, {"half_lives": {"fact": 91}}]
    keys = {rules_of({"decay": policy}).key for policy in others} | {default.key}
    assert len(keys) == 4
    assert all(0 < key < 2**31 for key in keys)
    assert rules_of({"decay": {"profile": "none"}}).profile is None
    assert rules_of({"decay": {"half_lives": {"fact": 7}}}).half_lives["fact"] == 7


# Quotas.


def _ids(*numbers: int) -> list[MemoryId]:
    return [memory_id(number) for number in numbers]


def _resting(number: int, *sources: int) -> Support:
    [one] = _ids(number)
    return Support(memory_id=one, sources=frozenset(_ids(*sources)))


@pytest.mark.parametrize(
    ("ranked", "supports", "excess", "chosen"),
    [
        ([1, 2, 3], [], 2, [1, 2]),
        ([1, 2, 3], [], 9, [1, 2, 3]),
        ([1, 2, 3], [_resting(7, 1)], 2, [2, 3]),
        ([1, 2, 3], [_resting(7, 1, 2)], 3, [1, 3]),
        ([1, 2, 3], [_resting(7, 1, 9)], 1, [1]),
        ([7, 1], [_resting(7, 1)], 2, [7, 1]),
        ([1, 7], [_resting(7, 1)], 2, [7]),
        ([1], [], 0, []),
    ],
    ids=["least-first", "all", "sole-support", "one-of-two", "another", "with-it", "later", "none"],
)
def test_a_quota_leaves_nothing_unsupported(
    ranked: list[int], supports: list[Support], excess: int, chosen: list[int]
) -> None:
    assert choose(_ids(*ranked), supports, excess) == tuple(_ids(*chosen))
