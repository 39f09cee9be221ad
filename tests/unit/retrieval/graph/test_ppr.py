"""Personalised PageRank agrees with networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from retrieval.graph.ppr import DAMPING, pagerank

_NODES = 12
_EDGES = st.dictionaries(
    st.tuples(st.integers(0, _NODES - 1), st.integers(0, _NODES - 1)).filter(lambda e: e[0] < e[1]),
    st.floats(0.1, 5.0),
    min_size=1,
)
_STARTS = st.lists(st.floats(0.0, 3.0), min_size=_NODES, max_size=_NODES)


@given(edges=_EDGES, starts=_STARTS)
def test_it_is_the_pagerank_of_networkx(
    edges: dict[tuple[int, int], float], starts: list[float]
) -> None:
    graph = nx.Graph()
    graph.add_weighted_edges_from((a, b, weight) for (a, b), weight in edges.items())
    nodes = sorted(graph)
    restart = np.array([starts[node] for node in nodes], dtype=np.float32)
    if restart.sum() < 0.01:
        restart[0] = 1
    weights = sparse.csr_array(nx.to_scipy_sparse_array(graph, nodes, dtype=np.float32))
    given_to = pagerank(weights, 1 / weights.sum(axis=1), restart)
    expected = nx.pagerank(
        graph, DAMPING, dict(zip(nodes, restart.tolist(), strict=True)), 1000, 1e-12
    )
    assert np.abs(given_to - [expected[node] for node in nodes]).max() < 1e-4


def test_what_the_seeds_do_not_reach_gets_nothing() -> None:
    weights = sparse.csr_array(np.kron(np.eye(2), [[0, 1], [1, 0]]).astype(np.float32))
    given_to = pagerank(weights, np.ones(4, dtype=np.float32), np.array([1, 0, 0, 0], np.float32))
    assert given_to[2:].tolist() == [0, 0]
    assert given_to[0] > given_to[1] > 0
