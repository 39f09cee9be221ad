"""Has a chat model write a summary, and leaves out whatever it does not show a source for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consolidation.extract.llm_numbers import numbers, offered_numbers
from consolidation.prompts import summary as prompt
from consolidation.summarise.candidates import Candidate, Told, named
from consolidation.summarise.telling import BUDGETS, Line, Summary, pick, title_of
from llm_backend.chat import ChatModel, Message, Schema
from llm_backend.errors import BackendError
from stores.lexical import plain_terms
from stores.summaries import Level

#: Sentences are offered for so many times the length of the summary.
_OFFERED = 4
_MOST, _SOURCES, _LONGEST = 20, 8, 400
_MAX_TOKENS = 1500
SCHEMA: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["sentences"],
    "properties": {
        "sentences": {
            "type": "array",
            "maxItems": _MOST,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["text", "sources"],
                "properties": {
                    "text": {"type": "string", "minLength": 1, "maxLength": _LONGEST},
                    "sources": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": _SOURCES,
                        "items": {"type": "string"},
                    },
                },
            },
        }
    },
}


class _Sentence(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[str, Field(min_length=1, max_length=_LONGEST)]
    sources: Annotated[list[str], Field(min_length=1, max_length=_SOURCES)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    sentences: Annotated[list[_Sentence], Field(max_length=_MOST)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a model made of it, if that can be used, and what was wrong with it."""

    summary: Summary | None = None
    note: str | None = None


async def ask(chat: ChatModel, level: Level, turns: Sequence[Told]) -> Asked:
    """One call; of an answer of the right shape, the sentences that hold."""
    title = title_of(level, turns)
    offered = pick(level, turns, budget=_OFFERED * BUDGETS[level])
    by_alias = {f"s{number}": one for number, one in enumerate(offered, start=1)}
    if not by_alias:
        return Asked()
    messages = _messages(title, BUDGETS[level], by_alias)
    try:
        said = await chat.complete(messages, schema=SCHEMA, max_tokens=_MAX_TOKENS)
    except BackendError as error:
        return Asked(note=f"{title} without the model: {error.code}")
    try:
        answer = _Answer.model_validate_json(said.text)
    except ValidationError:
        return Asked(note=f"{title}: the model's answer cannot be used")
    return _held(title, BUDGETS[level], answer, by_alias)


def _held(title: str, budget: int, answer: _Answer, by_alias: Mapping[str, Candidate]) -> Asked:
    lines: list[Line] = []
    room = budget - len(title)
    for sentence in answer.sentences:
        line = _line(sentence, by_alias)
        if line is not None and len(line.text) < room:
            room -= len(line.text) + 1
            lines.append(line)
    left_out = len(answer.sentences) - len(lines)
    if not lines:
        return Asked(note=f"{title}: no sentence of the model's holds")
    note = f"{title}: left out {left_out} of the model's sentences" if left_out else None
    return Asked(summary=Summary(title=title, lines=tuple(lines)), note=note)


def _line(sentence: _Sentence, by_alias: Mapping[str, Candidate]) -> Line | None:
    """The sentence, if all that it names and counts is in sources that there are."""
    text = " ".join(sentence.text.split())
    if not set(sentence.sources) <= by_alias.keys() or not text:
        return None
    sources = [by_alias[alias] for alias in dict.fromkeys(sentence.sources)]
    offered = "\n".join(map(_in_full, sources))
    if not numbers(text) <= offered_numbers(offered):
        return None
    names = {term for term in named(text, openings=True) if not term[0].isdigit()}
    if not names <= frozenset(plain_terms(offered)):
        return None
    return Line(text=text, cites=tuple((one.turn.id, one.span) for one in sources))


def _in_full(one: Candidate) -> str:
    day = one.turn.occurred_at.astimezone(UTC)
    return f"{day.day} {day:%B %Y} {one.turn.speaker}: {one.span.of(one.turn.content)}"


def _messages(
    title: str, budget: int, by_alias: Mapping[str, Candidate]
) -> tuple[Message, Message]:
    lines: list[dict[str, object]] = [{"time": title, "characters": budget}]
    lines += [
        {
            "alias": alias,
            "date": f"{one.turn.occurred_at.astimezone(UTC):%Y-%m-%d}",
            "speaker": one.turn.speaker,
            "text": one.text,
        }
        for alias, one in by_alias.items()
    ]
    told = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    return Message(role="system", content=prompt.INSTRUCTIONS), Message(role="user", content=told)
