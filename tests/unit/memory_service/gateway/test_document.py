"""The gateway changes the members it owns and passes every other on byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.gateway.document import parse, parse_array
from memory_service.verbs.errors import Malformed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
INDENTS = st.sampled_from([None, 0, 3])


def _text(value: Any, indent: int | None) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=bool(indent))


@given(st.dictionaries(st.text(), VALUES, max_size=6), INDENTS)
def test_what_is_read_and_written_means_the_same(body: dict[str, Any], indent: int | None) -> None:
    content = _text(body, indent).encode(errors="replace")
    document = parse(content)

    assert json.loads(document.render()) == json.loads(content)
    assert {n: v.value for n, v in document.members.items()} == json.loads(content)


@given(st.lists(VALUES, max_size=6), INDENTS)
def test_elements_keep_their_text(values: list[Any], indent: int | None) -> None:
    text = _text(values, indent)

    assert [json.loads(element.raw) for element in parse_array(text)] == values
    assert all(element.raw in text for element in parse_array(text))


def test_a_change_leaves_every_other_member_as_it_was_written() -> None:
    tools = '[ {"a" : 1.50e2, "a": "\\u00e9"} ]'
    document = parse(f'{{ "tools" :{tools} ,\n"model":"x","memory":{{}} }}'.encode())

    changed = document.without("memory").with_raw("model", '"y"').with_raw("cache_salt", '"s"')

    assert changed.render() == f'{{"tools":{tools},"model":"y","cache_salt":"s"}}'
    assert document.get("model") == "x"
    assert document.get("absent") is None


@pytest.mark.parametrize(
    "content",
    [
        "", " ", "null", "[]", '"x"', "{", "}", '{"a"}', '{"a":}', '{"a":1,}', '{,"a":1}',
        '{"a":1 "b":2}', '{"a":1}{', '{"a":1}]', "{1:2}", '{"a":1,"a":1}', '{"a":1,"\\u0061":2}',
        "\ufeff{}", '{"a":' + "9" * 10_000 + "}", '{"a":' + "[" * 200_000 + "}",
    ],
    ids=lambda content: content[:20],
)  # fmt: skip
def test_what_two_readers_could_read_differently_is_refused(content: str) -> None:
    with pytest.raises(Malformed):
        parse(content.encode())


@given(st.binary(max_size=60))
def test_no_bytes_break_it(content: bytes) -> None:
    try:
        read = json.loads(parse(content).render())
    except Malformed:
        return
    assert read == json.loads(content)
