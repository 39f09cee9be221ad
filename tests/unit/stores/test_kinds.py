"""Long texts are split so that every part maps back to its characters."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.errors import InvalidMemory, UnknownKind
from stores.kinds import get_kind, load
from stores.kinds.document import TARGET, passages
from stores.kinds.trajectory import Step, as_content, steps_of
from stores.records import MemoryType
from tests.fixtures.records import MOMENT

prose = st.text(alphabet=st.sampled_from("ab é漢.!?\n \t"), max_size=4000)
said = st.text(max_size=80).filter(str.strip)
steps = st.lists(
    st.builds(Step, action=said, state=st.none() | said, observation=st.none() | said),
    min_size=1,
    max_size=6,
)


@given(content=prose)
def test_passages_tile_the_text(content: str) -> None:
    spans = passages(content)
    assert "".join(span.of(content) for span in spans) == content
    assert spans[0].start == 0
    assert all(one.end == two.start for one, two in pairwise(spans))
    assert all(span.end - span.start <= TARGET for span in spans)
    assert all(span.end > span.start for span in spans) or not content


def test_passages_end_where_a_reader_would_pause() -> None:
    first = "A sentence of the first paragraph. " * 20
    text = f"{first.strip()}\n\n{'Another one follows here. ' * 20}"
    one, two = passages(text)[:2]
    assert one.of(text) == f"{first.strip()}\n\n"
    assert two.of(text).startswith("Another")
    sentences = "One more sentence without a paragraph. " * 60
    assert all(span.of(sentences).endswith(". ") for span in passages(sentences))


def test_a_text_without_any_break_is_cut_all_the_same() -> None:
    text = "x" * (2 * TARGET + 1)
    assert [span.end - span.start for span in passages(text)] == [TARGET, TARGET, 1]


@given(goal=said, taken=steps)
def test_every_step_is_a_part_of_its_own(goal: str, taken: list[Step]) -> None:
    content = as_content(goal, taken)
    parts = [span.of(content) for span in steps_of(content)]
    assert "\n\n".join(parts) == content
    numbered = [part for part in parts if part.startswith("step ")]
    assert len(numbered) >= len(taken)
    assert len(parts) <= len(taken) + 1


def test_a_blank_line_inside_a_step_does_not_split_it() -> None:
    content = as_content("go", [Step(action="look", observation="a key\n\nand a coin")])
    assert [span.of(content) for span in steps_of(content)] == [
        "go",
        "step 1\naction: look\nobservation: a key\nand a coin",
    ]


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("message", {"speaker": "Ida"}, "[8 May 2024] Ida: hello"),
        ("message", {"role": "assistant"}, "[8 May 2024] assistant: hello"),
        ("message", {"role": "user"}, "[8 May 2024] hello"),
        ("message", {}, "[8 May 2024] hello"),
        ("document", {"title": "Notes"}, "Notes\nhello"),
        ("document", {}, "hello"),
        ("fact", {"subject": "Ida"}, "hello"),
    ],
)
def test_a_kind_says_under_which_text_it_is_found(
    kind: str, data: dict[str, str], text: str
) -> None:
    assert get_kind(kind).render("hello", data, MOMENT) == text


def test_a_payload_that_does_not_fit_is_pointed_at() -> None:
    assert get_kind("fact").validate({"subject": "Ida", "confidence": None}) == {"subject": "Ida"}
    with pytest.raises(InvalidMemory) as refused:
        get_kind("fact").validate({"colour": "red"}, pointer="/data")
    assert refused.value.pointer == "/data/colour"


def test_a_kind_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(UnknownKind, match="document, event, message, trajectory"):
        get_kind("fact", of=MemoryType.EPISODIC)
    assert len({kind.name for kind in load().values()}) == len(load())
