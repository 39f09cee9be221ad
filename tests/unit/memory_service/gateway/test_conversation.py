"""What of a conversation asks, what is new, by which name it is stored, where the context goes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.gateway.conversation import Conversation, read, text_of, with_context
from memory_service.gateway.document import parse_array

ROLES = st.sampled_from(["system", "developer", "user", "assistant", "tool"])
TEXTS = st.text(max_size=20) | st.sampled_from(["yes", " yes", "no"])
MESSAGES = st.lists(st.fixed_dictionaries({"role": ROLES, "content": TEXTS}), max_size=8)


def conversation(messages: list[Any], **more: Any) -> Conversation:
    return read(parse_array(json.dumps(messages)), session_id=more.pop("session_id", None), **more)


def said(*turns: str) -> list[dict[str, str]]:
    """Turns of the form `u: words` or `a: words`."""
    roles = {"u": "user", "a": "assistant", "s": "system", "t": "tool"}
    return [{"role": roles[turn[0]], "content": turn[3:]} for turn in turns]


@pytest.mark.parametrize(
    ("messages", "question", "recent", "fresh"),
    [
        ([], "", [], []),
        (said("s: Be brief"), "", [], []),
        (said("u: Hi"), "Hi", [], ["Hi"]),
        (said("s: x", "u: Hi", "a: Yo", "u: Who?"), "Who?", ["Hi", "Yo"], ["Who?"]),
        (said("u: Hi", "u: Anybody?"), "Anybody?", ["Hi"], ["Hi", "Anybody?"]),
        (said("u: Hi", "a: Yo"), "Hi", [], []),
        (said("u: Rain?", "a: ", "t: 42"), "Rain?", [], []),
        (said("u: Hi", "u:  "), "Hi", [], ["Hi"]),
    ],
)
def test_the_last_words_of_a_user_ask_and_what_nobody_answered_is_new(
    messages: list[Any], question: str, recent: list[str], fresh: list[str]
) -> None:
    found = conversation(messages)

    assert found.question == question
    assert list(found.recent) == recent
    assert [turn.text for turn in found.fresh] == fresh


def test_only_the_text_of_a_message_of_parts_is_read() -> None:
    parts = [
        {"type": "text", "text": "What is"},
        {"type": "image_url", "image_url": {"url": "data:,x"}},
        {"type": "text", "text": "this?"},
        "no part", {"type": "text", "text": 7},
    ]  # fmt: skip
    assert text_of({"content": parts}) == "What is\nthis?"
    assert text_of({"content": None}) == text_of({}) == text_of({"content": 7}) == ""


@given(MESSAGES, MESSAGES)
def test_what_was_said_before_keeps_its_name_when_more_is_said(
    before: list[Any], more: list[Any]
) -> None:
    first = conversation(before, session_id="s")
    later = conversation([*before, *more], session_id="s")

    assert later.turns[: len(first.turns)] == first.turns
    names = [turn.external_id for turn in later.turns]
    assert len(set(names)) == len(names)


@given(MESSAGES, st.sampled_from(["yes", "no", "I see"]))
def test_a_reply_has_the_name_it_will_have_when_it_is_sent_back(
    before: list[Any], text: str
) -> None:
    found = conversation(before, session_id="s")
    sent_back = conversation(
        [*before, {"role": "assistant", "content": f" {text}\n"}], session_id="s"
    )

    assert sent_back.turns[-1].external_id == found.reply(text)


def test_sessions_are_told_apart_by_how_they_begin_and_for_whom() -> None:
    one = conversation(said("s: It is Monday", "u: I sing"))
    later = conversation(said("s: It is Friday", "u: I sing ", "a: Oh", "u: And I dance"))
    others = [conversation(said("u: I dance")), conversation(said("u: I sing"), user="ann")]

    assert one.session_id == later.session_id
    assert one.turns == later.turns[:1] or one.turns[0].external_id == later.turns[0].external_id
    assert one.session_id not in {other.session_id for other in others}
    assert conversation(said("u: I sing"), session_id="mine").session_id == "mine"


@given(MESSAGES.filter(lambda messages: any(m["content"].strip() for m in messages)), st.text())
def test_the_context_changes_one_message_and_no_role(messages: list[Any], context: str) -> None:
    found = conversation(messages)
    if found.asks_at is None:
        return
    elements = parse_array(json.dumps(messages))

    told = json.loads(with_context(elements, found.asks_at, context))

    expected = [dict(message) for message in messages]
    asked = expected[found.asks_at]
    asked["content"] = f"{context}\n\n{asked['content']}"
    assert told == expected


def test_a_long_question_is_read_from_both_ends() -> None:
    text = "Who is Ada? " + "x" * 10_000 + " Where does she live?"
    question = conversation(said(f"u: {text}")).question

    assert len(question) == 4000
    assert question.startswith("Who is Ada?")
    assert question.endswith("Where does she live?")


@pytest.mark.parametrize(
    "message",
    [None, 7, "x", [], {}, {"role": 7}, {"role": "user"}, {"role": "user", "content": {}},
     {"role": ["user"], "content": "x"}],
    ids=str,
)  # fmt: skip
def test_what_is_no_message_is_left_to_the_model_server(message: Any) -> None:
    found = conversation([*said("u: Hi"), message])
    assert found.question == "Hi"
