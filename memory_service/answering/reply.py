"""What a model replied, held to the memories it was shown. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from llm_backend.chat import Completion, Schema
from llm_backend.errors import MalformedReply
from retrieval.packing.sentences import sentences
from stores.lexical import terms

#: Characters of an answer, and citations of one.
_LONGEST, _MOST = 4_000, 30
#: Characters of a quote.
_QUOTED = 300
SCHEMA: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["answer", "citations", "sufficient"],
    "properties": {
        "answer": {"type": "string", "maxLength": _LONGEST},
        "citations": {"type": "array", "maxItems": _MOST, "items": {"type": "string"}},
        "sufficient": {"type": "boolean"},
    },
}
_MARKER = re.compile(r"\s*\[\s*(\d+)\s*\]")


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True)

    answer: Annotated[str, Field(max_length=2 * _LONGEST)]
    citations: Annotated[list[str | int], Field(max_length=1_000)]
    sufficient: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer and the markers it rests on; without an answer, the model did not know."""

    text: str | None = None
    markers: tuple[str, ...] = ()
    #: Citations of what it was not shown.
    unknown: int = 0


def read(said: Completion, known: Collection[str]) -> Reply:
    """The answer as far as it can be held to the markers there are. Raises MalformedReply."""
    try:
        told = _Said.model_validate_json(said.text)
    except ValidationError as error:
        cut = said.finish_reason == "length"
        why = "was cut off in its answer" if cut else "did not answer in the form asked for"
        raise MalformedReply(f"the model {why}") from error
    listed = [f"[{str(one).strip().strip('[]').strip()}]" for one in told.citations]
    inline = [f"[{number}]" for number in _MARKER.findall(told.answer)]
    cited = tuple(dict.fromkeys([*listed, *inline]))
    markers = tuple(marker for marker in cited if marker in known)
    unknown = len(cited) - len(markers)
    text = " ".join(_MARKER.sub("", told.answer).split())
    if not (told.sufficient and text and markers):
        return Reply(unknown=unknown)
    return Reply(text=text, markers=markers, unknown=unknown)


def quote(content: str, answer: str, question: str) -> str:
    """The sentence of a memory that shares most with the answer, then with the question."""
    wanted, asked = frozenset(terms(answer)), frozenset(terms(question))
    parts = sentences(" ".join(content.split()), asked)
    if not parts:
        return ""
    best = max(parts, key=lambda part: (len(part.terms & wanted), len(part.terms & asked)))
    return _shortened(best.text)


def _shortened(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 2].rsplit(' ', 1)[0]} …"


def at_odds(markers: Sequence[str], pairs: Collection[tuple[str, str]]) -> bool:
    """Whether the answer rests on a memory that another one contradicts."""
    return any(set(pair) & set(markers) for pair in pairs)
