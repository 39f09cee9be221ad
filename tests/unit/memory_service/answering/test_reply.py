"""An answer is held to the memories the model was shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_backend.chat import Completion
from llm_backend.errors import MalformedReply
from memory_service.answering import reply
from memory_service.answering.reply import Reply

KNOWN = ("[1]", "[2]", "[3]")


def said(text: str, finish: str = "stop") -> Completion:
    return Completion(text=text, finish_reason=finish, prompt_tokens=0, completion_tokens=0)


def answered(answer: str, citations: list[Any], *, sufficient: bool = True) -> Completion:
    told = {"answer": answer, "citations": citations, "sufficient": sufficient}
    return said(json.dumps(told))


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        (answered("Porto", ["[2]"]), Reply(text="Porto", markers=("[2]",))),
        (answered("Porto", ["2", 3, " [2] "]), Reply(text="Porto", markers=("[2]", "[3]"))),
        (answered("Porto [1]", ["[2]"]), Reply(text="Porto", markers=("[2]", "[1]"))),
        (answered("Porto", ["[2]", "[9]"]), Reply(text="Porto", markers=("[2]",), unknown=1)),
        (answered("Porto [7].", ["[2]"]), Reply(text="Porto.", markers=("[2]",), unknown=1)),
        # Nothing to cite, nothing to say.
        (answered("Porto", []), Reply()),
        (answered("Porto", ["[9]", "see above"]), Reply(unknown=2)),
        (answered("Porto", ["[2]"], sufficient=False), Reply()),
        (answered("  [1] ", ["[2]"]), Reply()),
        (answered("", [], sufficient=False), Reply()),
    ],
)
def test_only_what_rests_on_what_was_shown_is_an_answer(
    completion: Completion, expected: Reply
) -> None:
    assert reply.read(completion, KNOWN) == expected


@pytest.mark.parametrize(
    "text",
    ["", "Porto", "[]", "null", "{}", '{"answer": "Porto"', '{"answer": 7, "citations": [],'
     ' "sufficient": true}', '{"answer": "P", "citations": "[1]", "sufficient": true}'],
)  # fmt: skip
def test_what_has_not_the_form_is_no_answer(text: str) -> None:
    with pytest.raises(MalformedReply, match="form"):
        reply.read(said(text), KNOWN)


def test_an_answer_cut_off_is_told_as_one() -> None:
    with pytest.raises(MalformedReply, match="cut off"):
        reply.read(said('{"answer": "Por', finish="length"), KNOWN)


@given(st.text(), st.lists(st.text() | st.integers(), max_size=40), st.booleans())
def test_no_marker_ever_comes_out_that_did_not_go_in(
    text: str, citations: list[Any], sufficient: bool
) -> None:
    held = reply.read(answered(text, citations, sufficient=sufficient), KNOWN)
    assert set(held.markers) <= set(KNOWN)
    assert (held.text is None) is (held.markers == ())


@pytest.mark.parametrize(
    ("content", "answer", "quoted"),
    [
        ("It rained. I moved to Porto in May. I like it.", "Porto", "I moved to Porto in May."),
        ("I live in\nLisbon", "Lisbon", "I live in Lisbon"),
        ("Nothing of it. Where Ana lives is known.", "x", "Where Ana lives is known."),
        ("", "Porto", ""),
    ],
)
def test_a_quote_is_the_sentence_that_bears_it_out(content: str, answer: str, quoted: str) -> None:
    assert reply.quote(content, answer, "Where does Ana live?") == quoted


def test_a_quote_is_short() -> None:
    quoted = reply.quote("Porto " * 500, "Porto", "Where?")
    assert len(quoted) <= 300
    assert quoted.endswith(" …")


@pytest.mark.parametrize(
    ("markers", "pairs", "warns"),
    [(["[1]"], [("[1]", "[2]")], True), (["[3]"], [("[1]", "[2]")], False), ([], [], False)],
)
def test_one_side_of_a_contradiction_is_enough_to_warn(
    markers: list[str], pairs: list[tuple[str, str]], warns: bool
) -> None:
    assert reply.at_odds(markers, pairs) is warns
