"""Has a chat model word an insight; what it cannot know from the sources is not taken."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consolidation.prompts.reflection import INSTRUCTIONS
from consolidation.reflect.motives import Motive
from llm_backend.chat import ChatModel, Message, Schema
from llm_backend.errors import BackendError

#: Sources that a model is shown.
_SHOWN = 12
_MAX_TOKENS = 300
_LONGEST = 300
SCHEMA: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["question", "text", "confidence"],
    "properties": {
        "question": {"type": "string", "maxLength": _LONGEST},
        "text": {"type": "string", "maxLength": _LONGEST},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
    },
}
#: What a sentence cannot be made of other sources' words without: names and numbers.
_TELLING = re.compile(r"\d+|(?<![.!?] )(?<!^)\b[A-Z]\w+")
_WORD = re.compile(r"\w+")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    question: Annotated[str, Field(max_length=_LONGEST, pattern=r"\S.*\?\s*$")]
    text: Annotated[str, Field(max_length=_LONGEST, pattern=r"\S")]
    confidence: Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """How an insight is worded; `keep` is False for one that says nothing."""

    text: str
    question: str | None = None
    confidence: float | None = None
    keep: bool = True
    #: Whether the model worded it, and what was wrong if not.
    by_model: bool = False
    note: str | None = None


async def ask(chat: ChatModel, motive: Motive) -> Wording:
    """One call; without a usable answer the draft stays, and a note says why."""
    try:
        said = await chat.complete(_messages(motive), schema=SCHEMA, max_tokens=_MAX_TOKENS)
    except BackendError as error:
        return Wording(text=motive.content, note=f"insight without the model: {error.code}")
    try:
        answer = _Answer.model_validate_json(said.text)
    except ValidationError:
        return Wording(text=motive.content, note="insight: the model's answer cannot be used")
    text = " ".join(answer.text.split())
    if answer.confidence == 0:
        return Wording(text=text, keep=False, by_model=True)
    if not grounded(text, motive):
        return Wording(text=motive.content, note="insight: the model named what no source does")
    return Wording(
        text=text,
        question=" ".join(answer.question.split()),
        confidence=answer.confidence,
        by_model=True,
    )


def grounded(text: str, motive: Motive) -> bool:
    """Whether every name and number of a text is one of the sources' or of the draft."""
    known = {
        word.casefold()
        for told in (motive.content, *motive.sources.values())
        for word in _WORD.findall(told)
    }
    return all(found.casefold() in known for found in _TELLING.findall(text))


def _messages(motive: Motive) -> tuple[Message, ...]:
    lines: list[dict[str, str]] = [{"pattern": motive.pattern, "draft": motive.content}]
    lines += [{"source": told} for told in list(motive.sources.values())[:_SHOWN]]
    told = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    return Message(role="system", content=INSTRUCTIONS), Message(role="user", content=told)
