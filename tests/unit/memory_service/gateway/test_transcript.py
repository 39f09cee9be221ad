"""What the model said is put together from whatever a server streams."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memory_service.gateway.transcript import Transcript
from tests.fixtures.openai_server import completion, delta, event


def heard(stream: bytes) -> Transcript:
    transcript = Transcript()
    for line in stream.splitlines():
        transcript.line(line)
    return transcript


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"))))
def test_the_words_are_those_of_the_chunks(words: list[str]) -> None:
    found = heard(b"".join(map(delta, words)) + delta(finish="stop") + event("[DONE]"))

    assert found.text == "".join(words)
    assert found.finish_reason == "stop"


def test_calls_come_in_pieces_and_by_their_number() -> None:
    first = {"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}
    second = {"index": 1, "id": "b", "function": {"name": "g", "arguments": "{}"}}
    rest = {"index": 0, "function": {"arguments": '{"x":1}'}}
    found = heard(delta(tool_calls=[first]) + delta(tool_calls=[second]) + delta(tool_calls=[rest]))

    assert found.metadata["tool_calls"] == [
        {"name": "f", "arguments": '{"x":1}'},
        {"name": "g", "arguments": "{}"},
    ]


def test_an_answer_in_one_piece_is_heard_alike() -> None:
    found = Transcript()
    found.document(
        completion("Hello", tool_calls=[{"id": "a", "function": {"name": "f", "arguments": "{}"}}])
    )

    assert found.text == "Hello"
    assert found.metadata == {
        "model": "tiny",
        "finish_reason": "stop",
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
        "tool_calls": [{"name": "f", "arguments": "{}"}],
    }


def test_only_the_first_choice_is_heard() -> None:
    second = {"choices": [{"index": 1, "delta": {"content": "other"}, "finish_reason": "stop"}]}
    found = heard(delta("one") + event(second))

    assert found.text == "one"
    assert found.finish_reason is None


@given(
    st.lists(
        st.binary(max_size=20)
        | st.sampled_from([
            b"data: [1]", b'data: {"choices":7}', b'data: {"choices":[7]}',
            b'data: {"choices":[{}]}', b'data: {"choices":[{"delta":{"tool_calls":7}}]}',
            b'data: {"choices":[{"delta":7}]}', b'data: {"choices":[{"delta":{"content":[7]}}]}',
            b'data: {"choices":[{"delta":{"tool_calls":[7,{"index":"x"},{"function":{}}]}}]}',
            b'data: {"choices":null,"usage":{"prompt_tokens":"x"}}', b"data: " + b"[" * 10_000,
        ])
    )
)  # fmt: skip
def test_no_line_breaks_it(lines: list[bytes]) -> None:
    found = heard(b"\n".join(lines))
    assert found.text == ""
