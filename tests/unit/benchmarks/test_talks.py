"""Conversations are read as their writers meant them, in both forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import passages, talks
from benchmarks.quality.command import load_data

OURS = """# talk: ada-bo
# about: two neighbours
## session 1 | 2024-03-04 18:42
1 Ada: Hey Bo: guess what? I got a cello.
2 Bo: Wow! [shares a picture: a cello on a sofa]
## session 2 | 2024-03-19 09:10
1 Bo: I start at the bakery tomorrow.
## questions
4 | What did Ada get? | a cello | 1:1
1 | Who has news? | Ada, Bo | 1:1 2:1
"""
LOCOMO: dict[str, Any] = {
    "sample_id": "conv-1",
    "conversation": {
        "speaker_a": "Ada",
        "session_10_date_time": "9:05 am on 1 June, 2023",
        "session_10": [{"speaker": "Bo", "dia_id": "D10:01", "text": "Late."}],
        "session_2_date_time": "1:56 pm on 8 May, 2023",
        "session_2": [
            {"speaker": "Ada", "dia_id": "D2:1", "text": "Look!", "blip_caption": "a dog"},
            {"speaker": "Bo", "dia_id": "D2:2", "text": ""},
        ],
    },
    "qa": [
        {"question": "A?", "category": 1, "answer": 2022, "evidence": ["D2:1; D10:1", "D9:9"]},
        {"question": "B?", "category": 4, "answer": "x", "evidence": ["D7:1"]},
        {"question": "C?", "category": 3, "answer": "x"},
        {"question": "D?", "category": 5, "adversarial_answer": "x", "evidence": ["D:2:02"]},
    ],
}


def test_our_form_is_read() -> None:
    talk = talks.from_text(OURS)

    assert talk.name == "ada-bo"
    assert [turn.id for turn in talk.turns] == ["D1:1", "D1:2", "D2:1"]
    assert talk.turns[0].speaker == "Ada"
    assert talk.turns[0].text == "Hey Bo: guess what? I got a cello."
    assert talk.turns[0].occurred_at == "2024-03-04T18:42:00+00:00"
    assert talk.turns[2].in_full() == "[2024-03-19] Bo: I start at the bakery tomorrow."
    assert talk.asked_at == "2024-03-19T09:10:00+00:00"
    assert talk.questions[1] == talks.Question(
        text="Who has news?", category=1, answer="Ada, Bo", gold=frozenset({"D1:1", "D2:1"})
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2 Bo: Wow!", "Bo Wow!"),
        ("4 | What", "6 | What"),
        ("| a cello | 1:1", "| a cello | 1:9"),
        ("| a cello | 1:1", "| a cello |"),
        ("| a cello | 1:1", "| 1:1"),
    ],
)
def test_a_line_that_cannot_be_read_is_told(old: str, new: str) -> None:
    with pytest.raises(ValueError, match=r"neither|evidence"):
        talks.from_text(OURS.replace(old, new))


def test_locomo_is_read_with_its_traps() -> None:
    talk = talks.from_json(LOCOMO, "file")

    assert talk.name == "conv-1"
    assert [turn.id for turn in talk.turns] == ["D2:1", "D2:2", "D10:1"]
    assert talk.turns[0].text == "Look! [shares a picture: a dog]"
    assert talk.turns[1].text == "[picture]"
    assert talk.asked_at == "2023-06-01T09:05:00+00:00"
    assert [(q.text, sorted(q.gold), q.answer) for q in talk.questions] == [
        ("A?", ["D10:1", "D2:1"], "2022"),
        ("D?", ["D2:2"], ""),
    ]


def test_an_episode_says_who_when_and_where() -> None:
    assert talks.from_json(LOCOMO, "file").turns[0].episode() == {
        "content": "Look! [shares a picture: a dog]",
        "kind": "message",
        "role": "user",
        "speaker": "Ada",
        "occurred_at": "2023-05-08T13:56:00+00:00",
        "session_id": "session_2",
        "external_id": "D2:1",
    }


@pytest.mark.parametrize("text", ["yesterday", "", "2024-13-01 00:00"])
def test_a_date_that_cannot_be_read_is_none(text: str) -> None:
    assert talks.moment(text) is None


def test_a_folder_is_read_but_for_what_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "LICENSE.txt").write_text("Do as you like.")
    (tmp_path / "README.md").write_text("# Data")
    (tmp_path / "triples.json").write_text('[{"passage": "P0", "triples": []}]')
    (tmp_path / "a.txt").write_text(OURS)
    (tmp_path / "b.json").write_text(
        '{"name": "b", "passages": [{"id": "P0", "title": "Oslo", "text": "A city."}],'
        ' "questions": [{"question": "Where?", "gold": ["P0"]}]}'
    )

    talk, library = load_data([tmp_path])

    assert talk.name == "ada-bo"
    assert isinstance(library, passages.Library)
    assert library.passages[0].episode()["content"] == "Oslo\nA city."
    assert library.questions[0].gold == {"P0"}


@pytest.mark.parametrize("path", sorted(talks.CORPORA.glob("*.txt")), ids=lambda p: p.stem)
def test_our_conversations_are_whole(path: Path) -> None:
    (talk,) = talks.read(path)
    told = [turn.occurred_at for turn in talk.turns]

    assert talk.name == path.stem
    assert None not in told
    assert told == sorted(told, key=str)
    assert len({turn.id for turn in talk.turns}) == len(talk.turns) >= 300
    assert {question.category for question in talk.questions} == set(talks.CATEGORIES)
    assert len({question.text for question in talk.questions}) == len(talk.questions) >= 100
    assert all(question.answer for question in talk.questions)
