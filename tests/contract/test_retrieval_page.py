"""The page on retrieval names what retrieval has: channels, features, stages, weights."""

from __future__ import annotations

import re
from pathlib import Path

from retrieval import channels, fusion, prior, relevance
from retrieval.bm25 import K1, B
from retrieval.features import FEATURES
from retrieval.ranking import STAGES
from retrieval.rerank import MODEL
from retrieval.understanding.records import Question

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs/retrieval.md").read_text()


def _section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", _PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def _rows(section: str) -> set[str]:
    """What stands in backticks in the first cells of the section's tables."""
    first = re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)
    return {name for cell in first for name in re.findall(r"`(\w+)`", cell)}


def test_every_channel_has_a_row_and_every_row_is_a_channel() -> None:
    assert _rows(_section("Channels")) == {channel.name for channel in channels.load()}


def test_every_feature_has_a_row_and_every_row_is_a_feature() -> None:
    assert _rows(_section("Features")) == set(FEATURES)


def test_every_stage_has_a_row_and_every_row_is_a_stage() -> None:
    assert _rows(_section("Leaving parts out")) == set(STAGES)


def test_every_kind_of_question_is_named() -> None:
    assert [kind for kind in Question if f"`{kind}`" not in _section("Understanding")] == []


def test_the_constants_are_those_of_the_code() -> None:
    support = _section("Support")
    for name, weight in fusion.WEIGHTS.items():
        assert re.search(rf"`{name}` \|.*\| {weight:g} \||a period \| {weight:g} \|", support), name
    assert f"| {fusion.ORDERED:g} |" in support
    assert f"| {fusion.ORDERED_ABOUT:g} |" in support
    assert f"{fusion.K} / ({fusion.K - 1} + rank)" in support
    assert f"`belief` finds adds {fusion.BELIEF:g} ×" in support
    assert f"between {prior.LEAST:g}\nand {prior.MOST:g}" in _section("Prior")
    judged = _section("Relevance, abstention, flags")
    assert f"below {relevance.UNRELATED:g}" in judged
    assert f"{relevance.DISTANT:g} and more" in judged
    assert f"k1 = {K1}, b = {B}" in _PAGE


def test_every_weighed_feature_can_be_explained() -> None:
    assert set(MODEL.features) <= _rows(_section("Features"))
