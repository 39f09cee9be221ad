"""A graph in memory: what is joined, merged and ended; and that it keeps up with changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from retrieval.graph.reach import reached
from retrieval.graph.snapshot import NO_ROWS, NOWHERE, Snapshot, build, followed
from stores.graph_reading import Changes, Rows, packed
from tests.fixtures.records import memory_id

_ENDLESS, _OVER = float("inf"), float("-inf")
#: (subject, object, until) per relation.
_Relations = Mapping[int, tuple[int, int, float]]


def _rows(
    relations: _Relations = MappingProxyType({}),
    mentions: Sequence[tuple[int, int]] = (),
    merged: Mapping[int, int] = MappingProxyType({}),
    synonyms: Sequence[tuple[int, int, float]] = (),
) -> Rows:
    def ids(numbers: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.bytes_]]:
        return packed([memory_id(number) for number in numbers])

    claims = list(relations.values())
    return Rows(
        merged=ids(list(merged)), merged_into=ids(list(merged.values())),
        relations=ids(list(relations)), subjects=ids([c[0] for c in claims]),
        objects=ids([c[1] for c in claims]), ends=np.array([c[2] for c in claims], dtype=float),
        units=ids([m[0] for m in mentions]), named=ids([m[1] for m in mentions]),
        ones=ids([s[0] for s in synonyms]), others=ids([s[1] for s in synonyms]),
        likenesses=np.array([s[2] for s in synonyms], dtype=np.float32),
    )  # fmt: skip


def _weight(snapshot: Snapshot, one: int, other: int) -> float:
    places = snapshot.find(packed([memory_id(one), memory_id(other)]))
    return 0.0 if NOWHERE in places else float(snapshot.weights[tuple(places)])


def test_edges_count_by_what_makes_them() -> None:
    made = build(
        _rows({91: (1, 2, _ENDLESS), 92: (2, 1, _ENDLESS)}, [(71, 1)], synonyms=[(2, 3, 0.875)]), 0
    )
    assert _weight(made, 1, 2) == _weight(made, 2, 1) == 2
    assert _weight(made, 71, 1) == 1
    assert _weight(made, 3, 2) == 0.875
    assert [made.ids[made.is_unit]] == [packed([memory_id(71)])]


def test_what_is_merged_is_one_and_not_joined_to_itself() -> None:
    made = build(_rows({91: (1, 2, _ENDLESS), 92: (2, 3, _ENDLESS)}, [(71, 1), (71, 3)], {3: 1}), 0)
    assert _weight(made, 1, 2) == _weight(made, 3, 2) == 2
    assert len(made) == 3
    assert len(build(_rows({91: (1, 3, _ENDLESS)}, merged={3: 1}), 0)) == 0


def test_an_edge_ends_in_its_time() -> None:
    rows = _rows({91: (1, 2, 100.0), 92: (3, 4, 200.0), 93: (5, 6, _ENDLESS)})
    early, late = build(rows, 99), build(rows, 100)
    assert (_weight(early, 1, 2), early.ends_at) == (1, 100)
    assert (_weight(late, 1, 2), late.ends_at) == (0, 200)
    assert build(rows, 200).ends_at == _ENDLESS


def test_of_a_graph_with_nothing_in_it_nothing_is_found() -> None:
    assert build(NO_ROWS, 0).find(packed([memory_id(1)])).tolist() == [NOWHERE]
    assert reached(build(NO_ROWS, 0), [memory_id(1)], 10) == {}


def test_what_is_near_a_name_comes_first_and_a_hub_hands_on_little() -> None:
    hub = [(number, 2) for number in range(100, 140)]
    made = build(_rows({91: (1, 5, _ENDLESS)}, [(71, 1), (72, 5), (73, 6), *hub]), 0)
    near = reached(made, [memory_id(1), memory_id(2)], 5)
    assert list(near)[:2] == [memory_id(71), memory_id(72)]
    assert near[memory_id(71)] == 1
    assert 0 < near[memory_id(100)] < near[memory_id(72)] < 1
    assert len(near) == 5
    assert memory_id(73) not in reached(made, [memory_id(1)], 5)


@given(
    st.lists(
        st.tuples(
            st.dictionaries(
                st.integers(90, 95),
                st.tuples(
                    st.integers(1, 5), st.integers(1, 5), st.sampled_from([_ENDLESS, 5.0, _OVER])
                ),
            ),
            st.dictionaries(st.integers(1, 3), st.integers(4, 5)),
        ),
        max_size=4,
    )
)
def test_following_changes_ends_where_reading_anew_does(
    changes: list[tuple[dict[int, tuple[int, int, float]], dict[int, int]]],
) -> None:
    relations: dict[int, tuple[int, int, float]] = {}
    merged: dict[int, int] = {}
    mentions = [(70 + number, number) for number in range(1, 6)]
    kept = _rows(mentions=mentions)
    for version, (claims, merges) in enumerate(changes, 1):
        new = [(80 + version, version)]
        came = _rows(claims, new, merges)
        kept = followed(kept, Changes(version=version, whole=False, rows=came))
        relations |= claims
        merged |= merges
        mentions += new
    anew = {number: claim for number, claim in relations.items() if claim[2] != _OVER}
    _assert_same(build(kept, 0), build(_rows(anew, mentions, merged), 0))


def test_an_undone_merge_stands_apart_again() -> None:
    rows = _rows(mentions=[(71, 1), (72, 2)], merged={2: 1})
    undone = replace(NO_ROWS, merged=packed([memory_id(2)]), merged_into=packed([memory_id(2)]))
    after = build(followed(rows, Changes(version=2, whole=False, rows=undone)), 0)
    _assert_same(after, build(_rows(mentions=[(71, 1), (72, 2)]), 0))


def _assert_same(one: Snapshot, other: Snapshot) -> None:
    assert one.ids.tolist() == other.ids.tolist()
    assert one.is_unit.tolist() == other.is_unit.tolist()
    assert one.ends_at == other.ends_at
    assert (one.weights != other.weights).nnz == 0


def test_a_million_relations_fit_a_gibibyte() -> None:
    chance = np.random.default_rng(3)
    relations, entities = 100_000, 10_000

    def some(ids: np.ndarray[tuple[int], np.dtype[np.bytes_]]) -> Any:
        return ids[chance.integers(0, len(ids), relations)]

    known, units, claims = (
        np.frombuffer(chance.bytes(16 * n), dtype="S16") for n in (entities, entities, relations)
    )
    rows = replace(
        NO_ROWS, relations=claims, subjects=some(known), objects=some(known),
        ends=np.full(relations, _ENDLESS), units=some(units), named=some(known),
    )  # fmt: skip
    assert 10 * build(rows, 0).size < 2**30
