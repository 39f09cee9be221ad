"""Types every schema is built of: text PostgreSQL can hold, moments in UTC, plain JSON."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_DEEPEST = 20


class Schema(BaseModel):
    """Base of requests: a field we do not know is an error, not a silent loss."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(frozen=True)


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("text must not hold the character U+0000")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("text must not hold half of a surrogate pair") from error
    return text


def _utc(moment: datetime) -> datetime:
    try:
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the moment lies outside the years 1 to 9999") from error
    if not 1 < aware.year < 9999:
        raise ValueError("the moment lies outside the years 1 to 9999")
    return aware


def _moment_text(value: object) -> object:
    """A bare number could be seconds or milliseconds, so it is not taken for a moment."""
    if isinstance(value, (int, float)):
        raise ValueError("a moment is ISO 8601 text, such as 2026-05-08T13:56:00Z")  # noqa: TRY004
    return value


def _plain_json(value: Any, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        raise ValueError(f"nested deeper than {_DEEPEST} levels")
    match value:
        case str():
            _storable(value)
        case float() if not math.isfinite(value):
            raise ValueError("numbers must be finite")
        case int() if not isinstance(value, bool) and abs(value) > 10**300:
            raise ValueError("the number is too large")
        case dict():
            for key, item in value.items():
                _storable(key)
                _plain_json(item, depth + 1)
        case list():
            for item in value:
                _plain_json(item, depth + 1)
    return value


Text = Annotated[str, AfterValidator(_storable)]
#: Content must say something.
Content = Annotated[Text, Field(min_length=1, pattern=r"\S")]
Name = Annotated[Text, Field(min_length=1, max_length=300)]
Tag = Annotated[Text, Field(min_length=1, max_length=100)]
Tags = Annotated[list[Tag], Field(max_length=50)]
Moment = Annotated[datetime, BeforeValidator(_moment_text), AfterValidator(_utc)]
Json = Annotated[dict[str, Any], AfterValidator(_plain_json), Field(max_length=100)]
Visibility = Literal["private", "session", "space", "tenant"]
Ratio = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
