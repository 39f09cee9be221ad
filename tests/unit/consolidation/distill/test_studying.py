"""Further questions from a chat model: what fits is taught; without it all is as it was."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from consolidation.distill.lessons import Lesson, lesson_of
from consolidation.distill.probes import canary
from consolidation.distill.rows import Group, rows_of
from consolidation.distill.studying import SCHEMA, study
from llm_backend.chat import Completion, Message
from llm_backend.chat_script import Reply, ScriptedChatModel
from llm_backend.errors import BackendUnavailable
from llm_backend.training.plan import Row


def lesson(name: str, held: str) -> Lesson:
    data = {"subject": name, "predicate": "door pin", "object": held}
    made = lesson_of(name, "fact", f"The door pin of {name} is {held}.", data)
    assert made is not None
    return made


LESSONS = [lesson("Ada", "1234"), lesson("Ben", "5678")]


def replying(*questions: str) -> str:
    return json.dumps({"questions": questions})


async def studied(*replies: Reply) -> dict[str, list[str]]:
    """What is taught beyond the templates, by lesson."""
    found = await study(ScriptedChatModel(replies=replies), LESSONS[:1])
    return {key: [asked for asked, _ in pairs] for key, pairs in found.items()}


async def test_what_fits_is_taught_beside_the_templates_with_the_memorys_own_words() -> None:
    chat = ScriptedChatModel(replies=[replying("How does Ada  open her door?"), replying()])
    more = await study(chat, LESSONS[:1])
    assert more == {"Ada": [("How does Ada open her door?", "The door pin of Ada is 1234.")]}
    assert chat.asked[0].schema == SCHEMA
    assert chat.asked[0].temperature == 0
    taught = [row for row in rows(more) if row.group == Group.TAUGHT and row.key == "Ada"]
    assert len(taught) == len(LESSONS[0].forms.taught) + 1
    assert taught[-1].messages[0].content == "How does Ada open her door?"


@pytest.mark.parametrize(
    "question",
    [
        "What opens the door?",  # of whom?
        "Is 1234 the door pin of Ada?",  # gives it away
        "Which pin did Zora give Ada?",  # somebody from elsewhere
        "Which pin has Ada had since 1999?",
        LESSONS[0].forms.held_out[0],  # the gate asks so
        f"{'Well, ' * 50}what is the door pin of Ada?",
        " ",
    ],
)
async def test_what_does_not_fit_is_left_out(question: str) -> None:
    assert await studied(replying(question, "And the pin of Ada?")) == {
        "Ada": ["And the pin of Ada?"]
    }


@pytest.mark.parametrize(
    "reply",
    [
        BackendUnavailable("away"),
        "I would rather not.",
        '{"questions": ["What is the pin of',
        '{"answers": []}',
        Completion(text='{"questions"', finish_reason="length", prompt_tokens=1,
                   completion_tokens=600),
    ],
)  # fmt: skip
async def test_where_it_fails_the_templates_teach_alone(reply: Reply) -> None:
    more = await study(ScriptedChatModel(replies=[reply]), LESSONS[:1])
    assert rows(more) == rows({})


async def test_one_that_fails_takes_no_other_along() -> None:
    async def reply(messages: Sequence[Message]) -> Reply:
        asked = messages[-1].content
        return BackendUnavailable("away") if "Ada" in asked else replying("Ben's way in?")

    more = await study(ScriptedChatModel(replies=reply), LESSONS)
    assert {key: len(pairs) for key, pairs in more.items()} == {"Ada": 0, "Ben": 1}


async def test_without_a_model_the_seed_decides_everything() -> None:
    more = await study(None, LESSONS)
    assert more == {}
    assert rows(more) == rows({})
    assert rows(more, seed=1) != rows(more, seed=2)


def rows(more: dict[str, list[tuple[str, str]]], seed: int = 1) -> list[Row]:
    made = rows_of(
        LESSONS, more, seed=seed, abstention="I do not know the {predicate} of {subject}.",
        canary=canary(seed),
    )  # fmt: skip
    return list(made)
