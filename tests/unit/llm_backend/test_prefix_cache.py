"""What vLLM tells of its cache is added up over its engines."""

from __future__ import annotations

import pytest

from llm_backend.prefix_cache import PrefixCache, read

TOLD = """\
# HELP vllm:prefix_cache_queries_total Prefix cache queries, in terms of number of queried tokens.
# TYPE vllm:prefix_cache_queries_total counter
vllm:prefix_cache_queries_total{engine="0",model_name="tiny"} 1200.0
vllm:prefix_cache_queries_total{engine="1",model_name="tiny"} 1.0e+03
vllm:prefix_cache_queries_created{engine="0",model_name="tiny"} 1.7e+09
vllm:prefix_cache_hits_total{engine="0",model_name="tiny"} 900.0
vllm:prefix_cache_hits_total{engine="1",model_name="tiny"} 0.0
vllm:external_prefix_cache_hits_total{engine="0"} 77.0
"""


def test_all_engines_together() -> None:
    assert read(TOLD) == PrefixCache(queries=2200, hits=900)


@pytest.mark.parametrize("figures", ["", "<html>", TOLD.replace("hits_total", "misses")])
def test_a_server_that_does_not_tell(figures: str) -> None:
    assert read(figures) is None
