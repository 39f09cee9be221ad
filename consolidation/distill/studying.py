"""Has a chat model find more ways to ask for what is taught; what gives the answer away is left."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consolidation.distill.gate import says
from consolidation.distill.lessons import Lesson
from consolidation.prompts.selfstudy import INSTRUCTIONS
from llm_backend.chat import ChatModel, Message, Schema
from llm_backend.errors import BackendError

_MOST, _LONGEST, _MAX_TOKENS = 8, 200, 600
#: Lessons that a model is asked about at a time, and in one training.
_AT_ONCE, _LESSONS = 4, 500
SCHEMA: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["questions"],
    "properties": {
        "questions": {
            "type": "array",
            "minItems": 1,
            "maxItems": _MOST,
            "items": {"type": "string", "maxLength": _LONGEST},
        }
    },
}
_TELLING = re.compile(r"\d+|(?<!^)\b[A-Z]\w+")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    questions: Annotated[list[str], Field(max_length=_MOST)]


async def study(
    chat: ChatModel | None, lessons: Sequence[Lesson]
) -> Mapping[str, Sequence[tuple[str, str]]]:
    """More pairs of question and answer, by lesson; none where the model is of no help."""
    if chat is None:
        return {}
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def one(lesson: Lesson) -> tuple[str, list[tuple[str, str]]]:
        async with at_once:
            return lesson.key, await _asked(chat, lesson)

    return dict(await asyncio.gather(*map(one, lessons[:_LESSONS])))


async def _asked(chat: ChatModel, lesson: Lesson) -> list[tuple[str, str]]:
    told = json.dumps({"subject": lesson.subject, "fact": lesson.answer}, ensure_ascii=False)
    messages = (Message(role="system", content=INSTRUCTIONS), Message(role="user", content=told))
    try:
        said = await chat.complete(messages, schema=SCHEMA, max_tokens=_MAX_TOKENS, temperature=0)
        questions = _Answer.model_validate_json(said.text).questions
    except (BackendError, ValidationError):
        return []
    kept = dict.fromkeys(" ".join(q.split()) for q in questions if usable(q, lesson))
    # What the gate asks must not have been taught.
    return [(question, lesson.answer) for question in kept if question not in lesson.forms.held_out]


def usable(question: str, lesson: Lesson) -> bool:
    """Whether a question names whom it is about, not the answer, and nothing from elsewhere."""
    if not lesson.claim or not question.strip() or len(question) > _LONGEST:
        return False
    if not says(question, lesson.subject) or says(question, lesson.value):
        return False
    known = f"{lesson.answer} {lesson.subject}".casefold()
    return all(word.casefold() in known for word in _TELLING.findall(question))
