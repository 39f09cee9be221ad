"""Probes by a language model: does the evidence suffice, and if not, what to look for next.

One call a round (ComoRAG's probes, HyMem's strict sufficiency). It only decides what is looked
for, in the same scope: what is found, and what may be seen, is decided where it always is.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from llm_backend.chat import ChatModel, Message, Schema
from llm_backend.errors import BackendError
from retrieval.channel import Query
from retrieval.deep.evidence import Anchor
from retrieval.deep.llm_prompt import INSTRUCTIONS
from retrieval.deep.prober import Prober, Probes, RuleProber

#: As it appears in `channels` of a hit, in `without` and in `degraded`.
NAME = "llm"
#: What it goes by, where a place is told.
LABEL = "a question of the model's"
#: Seconds that all calls of one recall may take together; `auto` is to stay quick.
PATIENCE_S = {"auto": 2.0, "deep": 20.0}
#: Queries of one round, and how long each may be.
QUERIES, LONGEST = 3, 200
#: Characters of a piece of evidence that the model is shown.
_SHOWN = 800
_MAX_TOKENS = 250
SCHEMA: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["sufficient", "queries"],
    "properties": {
        "sufficient": {"type": "boolean"},
        "queries": {
            "type": "array",
            "maxItems": QUERIES,
            "items": {"type": "string", "maxLength": LONGEST},
        },
    },
}


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)

    sufficient: bool
    queries: Annotated[list[str], Field(max_length=50)] = []


class LlmProber:
    """For one recall: a model's queries beside what the rules propose; the rules where it fails."""

    def __init__(self, chat: ChatModel, patience_s: float, rules: Prober | None = None) -> None:
        self._chat = chat
        self._left_s = patience_s
        self._rules = rules or RuleProber()

    async def propose(
        self, query: Query, evidence: Sequence[Anchor], asked: Collection[Probes]
    ) -> Probes:
        """Nothing if the model says that the evidence suffices; once it failed, it rests."""
        probes = await self._rules.propose(query, evidence, asked)
        if self._left_s <= 0:
            return probes
        before = [query.text, *(text for probes in asked for text in probes.queries)]
        try:
            answer = await self._answer(_messages(query, evidence, before[1:]))
        except (BackendError, TimeoutError, ValidationError):
            self._left_s = 0
            return replace(probes, degraded=(NAME,))
        if answer.sufficient:
            return Probes()
        return replace(probes, queries=new_queries(answer.queries, before))

    async def _answer(self, messages: Sequence[Message]) -> _Answer:
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._left_s):
                said = await self._chat.complete(messages, schema=SCHEMA, max_tokens=_MAX_TOKENS)
        finally:
            self._left_s -= time.monotonic() - began
        return _Answer.model_validate_json(said.text)


def new_queries(said: Sequence[str], before: Sequence[str]) -> tuple[str, ...]:
    """At most so many, each on one line, that were not asked before."""
    known = {_plain(text) for text in before}
    kept: list[str] = []
    for one in said:
        text = "".join(c if c.isprintable() else " " for c in one)
        text = " ".join(text.split())[:LONGEST].strip()
        if _plain(text) and _plain(text) not in known:
            known.add(_plain(text))
            kept.append(text)
    return tuple(kept[:QUERIES])


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def _messages(
    query: Query, evidence: Sequence[Anchor], before: Sequence[str]
) -> tuple[Message, Message]:
    told = "\n".join(
        json.dumps(line, ensure_ascii=False) for line in _lines(query, evidence, before)
    )
    return Message(role="system", content=INSTRUCTIONS), Message(role="user", content=told)


def _lines(
    query: Query, evidence: Sequence[Anchor], before: Sequence[str]
) -> Iterator[dict[str, object]]:
    yield {"question": query.text, "day": f"{query.reference:%Y-%m-%d %A}"}
    if before:
        yield {"asked": list(before)}
    for number, anchor in enumerate(evidence, start=1):
        yield {"evidence": number, "of": anchor.said, "text": anchor.text[:_SHOWN]}
