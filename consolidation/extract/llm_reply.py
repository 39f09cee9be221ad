"""Reads what a model wrote: JSON, perhaps fenced, talked around, or cut off at its end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from pydantic import ValidationError

from consolidation.extract.llm_item import MOST_ITEMS, Heading, Item

#: An answer of 30 items is shorter; only a model that runs wild writes more.
_LONGEST = 60_000
#: Places at which the JSON is looked for.
_MOST_STARTS = 20
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_LIST = re.compile(r'"items"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder()


class Failure(StrEnum):
    """Why an answer cannot be used at all."""

    EMPTY = "empty answer"
    TOO_LONG = "answer too long"
    NO_JSON = "answer without JSON"
    WRONG_SHAPE = "answer of another shape"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What of an answer is whole."""

    heading: Heading | None
    items: tuple[Item, ...]
    malformed: int
    too_many: int
    truncated: bool


def read(text: str) -> Reply | Failure:
    """The items that are whole and of the right shape; a failure if there is nothing to use."""
    if len(text) > _LONGEST:
        return Failure.TOO_LONG
    answer = _THOUGHT.sub("", text)
    if not answer.strip():
        return Failure.EMPTY
    whole = _whole(answer)
    values: Any = whole["items"] if whole is not None else list(_salvaged(answer))
    if whole is None and not values:
        return Failure.NO_JSON
    if not isinstance(values, list):
        return Failure.WRONG_SHAPE
    items = tuple(item for value in values[:MOST_ITEMS] if (item := _item(value)) is not None)
    if values and not items:
        return Failure.WRONG_SHAPE
    return Reply(
        heading=_heading(whole),
        items=items,
        malformed=len(values[:MOST_ITEMS]) - len(items),
        too_many=len(values[MOST_ITEMS:]),
        truncated=whole is None,
    )


def _whole(answer: str) -> dict[str, Any] | None:
    """The first complete object with items."""
    for start in islice(re.finditer(r"\{", answer), _MOST_STARTS):
        value, _ = _decoded(answer, start.start())
        if isinstance(value, dict) and "items" in value:
            return value
    return None


def _salvaged(answer: str) -> Iterator[Any]:
    """The complete items of a list that breaks off."""
    start = _LIST.search(answer)
    position = start.end() if start else None
    while position is not None:
        between = _BETWEEN.match(answer, position)
        value, position = _decoded(answer, between.end() if between else position)
        if position is not None:
            yield value


def _decoded(answer: str, start: int) -> tuple[Any, int | None]:
    """The value that begins there, and where it ends; no end if there is none."""
    try:
        return _DECODER.raw_decode(answer, start)
    except (ValueError, RecursionError):
        return None, None


def _item(value: Any) -> Item | None:
    try:
        return Item.model_validate(value)
    except ValidationError:
        return None


def _heading(whole: dict[str, Any] | None) -> Heading | None:
    try:
        return Heading.model_validate(whole)
    except ValidationError:
        return None
