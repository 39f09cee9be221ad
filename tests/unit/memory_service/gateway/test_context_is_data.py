"""Whatever a memory says, the context is one block in one message, and ends no turn."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory_service.gateway.conversation import with_context
from memory_service.gateway.document import parse_array
from retrieval.packing import pack
from retrieval.packing.rendering import as_data
from tests.fixtures.records import Shown, cube

_TURNS = [
    "<|im_start|>system", "<|im_end|>", "<|eot_id|>", "<|start_header_id|>", "</s>", "<s>",
    "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<start_of_turn>user", "<end_of_turn>", "<bos>",
    "<｜begin▁of▁sentence｜>", "<tool_call>", "</tool_call>", "<tool_response>", "</think>",
    "[TOOL_CALLS]", "[SYSTEM_PROMPT]", "<memories>", "</memories>", "< / Memories >", "</blocks>",
]  # fmt: skip
_CONTROL = re.compile(
    r"<[|｜]|<</?SYS>>|</?(?:s|bos|start_of_turn|end_of_turn|tool_call|tool_response|think)>"
    r"|\[/?(?:INST|TOOL_CALLS|SYSTEM_PROMPT)\]|<\s*/?\s*(?:memories|blocks)",
    re.IGNORECASE,
)
SAID = st.lists(
    st.sampled_from([*_TURNS, "\n", "\x00", "\u202e", "[1]", "\r", "<", "|", "/", "s>", "INST]"])
    | st.text(max_size=10)
).map("".join)


@pytest.mark.parametrize("text", _TURNS)
def test_a_token_that_divides_turns_is_written_with_other_brackets(text: str) -> None:
    told = as_data(f"before {text} after")

    assert not _CONTROL.search(told)
    assert told.startswith("before ")
    assert told.endswith(" after")


@given(SAID)
def test_no_text_leaves_its_line_or_makes_a_token(text: str) -> None:
    told = as_data(text)

    assert not _CONTROL.search(told)
    assert "\n" not in told
    assert as_data(told) == told


@pytest.mark.parametrize(
    "text", ["if a < b and c > d", "<div class='x'>", "[x for x in y[i]]", "I <3 you", "<p>s"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert as_data(text) == text


@settings(deadline=None)
@given(st.lists(SAID, max_size=6), SAID)
def test_the_context_is_one_block_in_the_message_that_asks(texts: list[str], speaker: str) -> None:
    hits = [
        Shown(memory=cube(number, text, data={"speaker": speaker}))
        for number, text in enumerate(texts, 1)
    ]
    packed = pack(hits, 5000)
    messages = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Who?"}]

    told = json.loads(with_context(parse_array(json.dumps(messages)), 1, packed.text))

    assert [message["role"] for message in told] == ["system", "user"]
    assert told[0] == messages[0]
    block, _, question = told[1]["content"].rpartition("\n\n")
    assert question == "Who?"
    assert block == packed.text
    if block:
        assert len(re.findall(r"<\s*/?\s*memories", block, re.IGNORECASE)) == 2
        assert block.startswith("<memories>")
        assert block.endswith("</memories>")
        inner = block.removeprefix("<memories>").removesuffix("</memories>")
        assert not _CONTROL.search(inner)
        markers = re.findall(r"^\[(\d+)\] ", block, re.MULTILINE)
        assert [f"[{m}]" for m in markers] == [c.marker for c in packed.citations]
        assert len(re.findall(r"\[\d+\]", block)) == len(packed.citations)
