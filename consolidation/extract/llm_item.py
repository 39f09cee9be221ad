"""What a model answers an item with: the schema it is held to, and what is let through."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from retrieval.understanding.periods import Period, day, month, year

#: More than this in one event is not extraction any more.
MOST_ITEMS = 30
_MOST_QUOTES = 6
_MOST_TAGS = 5


def period_of(said: str) -> Period:
    """The day, month or year. Raises ValueError if it is none."""
    parts = [int(part) for part in said.split("-")]
    match parts:
        case [of_year]:
            return year(of_year)
        case [of_year, of_month] if 1 <= of_month <= 12:
            return month(of_year, of_month)
        case [of_year, of_month, of_day]:
            return day(month(of_year, of_month).start.replace(day=of_day))
    raise ValueError(f"{said} is no date")


def _on_one_line(text: str) -> str:
    line = " ".join(text.split())
    if not any(map(str.isalnum, line)) or any(unicodedata.category(c) == "Cc" for c in line):
        raise ValueError("says nothing, or holds control characters")
    return line


def _dated(said: str) -> str:
    period_of(said)
    return said


_Sentence = Annotated[str, Field(max_length=1000), AfterValidator(_on_one_line)]
_Name = Annotated[str, Field(max_length=200), AfterValidator(_on_one_line)]
_Date = Annotated[str, Field(pattern=r"^[12][0-9]{3}(-[0-9]{2}){0,2}$"), AfterValidator(_dated)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class Quote(_Strict):
    """Words of a turn, by its number."""

    turn: int
    quote: Annotated[str, Field(min_length=1, max_length=2000)]


class Triple(_Strict):
    subject: _Name
    predicate: _Name
    object: _Name
    negated: bool = False


class Item(_Strict):
    """One statement, as the model made it."""

    text: _Sentence
    kind: Literal["fact", "preference", "profile", "procedure"]
    form: Literal["state", "event"]
    subject: _Name | None = None
    triple: Triple | None = None
    valid_from: _Date | None = None
    valid_to: _Date | None = None
    importance: Annotated[float, Field(ge=1, le=10)]
    confidence: Annotated[float, Field(ge=0, le=1)]
    evidence: Annotated[list[Quote], Field(min_length=1, max_length=_MOST_QUOTES)]
    tags: Annotated[list[_Name], Field(max_length=_MOST_TAGS)] = []


class Heading(_Strict):
    """What the whole event is about."""

    title: _Name
    gist: _Sentence


def _text(longest: int) -> dict[str, Any]:
    # A pattern rather than maxLength: with some servers, only it keeps control characters out.
    return {"type": "string", "pattern": rf'^[^"\\\x00-\x1f]{{1,{longest}}}$'}


def _object(**properties: object) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list_of(items: object, *, least: int, most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def _or_null(schema: object) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_DATE = {"type": "string", "pattern": "^[12][0-9]{3}(-[0-9]{2}(-[0-9]{2})?)?$"}
_ITEM = _object(
    text=_text(400),
    kind={"type": "string", "enum": ["fact", "preference", "profile", "procedure"]},
    form={"type": "string", "enum": ["state", "event"]},
    subject=_or_null(_text(80)),
    triple=_or_null(
        _object(
            subject=_text(80),
            predicate={"type": "string", "pattern": "^[a-z][a-z_]{1,40}$"},
            object=_text(120),
            negated={"type": "boolean"},
        )
    ),
    valid_from=_or_null(_DATE),
    valid_to=_or_null(_DATE),
    importance={"type": "integer", "minimum": 1, "maximum": 10},
    confidence={"type": "number", "minimum": 0, "maximum": 1},
    evidence=_list_of(
        _object(turn={"type": "integer", "minimum": 1}, quote=_text(300)),
        least=1,
        most=_MOST_QUOTES,
    ),
    tags=_list_of(_text(30), least=0, most=_MOST_TAGS),
)
SCHEMA = _object(title=_text(80), gist=_text(300), items=_list_of(_ITEM, least=0, most=MOST_ITEMS))
