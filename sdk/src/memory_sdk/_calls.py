"""A call as data: what is sent, and whether sending it twice is safe."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic_core import to_jsonable_python

Content = Iterable[bytes] | AsyncIterable[bytes]
#: A parameter that may be given several times is a list.
Parameter = str | list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call of the REST interface."""

    method: str
    path: str
    params: Mapping[str, Parameter] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    content: Content | None = None
    #: Whether sending it again cannot do anything twice.
    repeatable: bool = False
    #: Whether each time costs tokens of a chat model: sent again only if it was surely not begun.
    spends: bool = False
    #: Error statuses whose body is an answer like any other.
    accepts: frozenset[int] = frozenset()
    #: Whether the answer may take as long as it takes, whatever the client's timeout.
    patient: bool = False


def path(*segments: str) -> str:
    """The path of those segments, each escaped.

    Raises ValueError for a segment that would make it the path of something else: an empty
    memory id must not turn "forget this memory" into a call about its whole space.
    """
    for segment in segments:
        if segment in {"", ".", ".."}:
            raise ValueError(f"{segment!r} is no name or id")
    return "/" + "/".join(quote(str(segment), safe="@:") for segment in segments)


def get(path: str, **params: object) -> Call:
    """A read; parameters that are None are left out."""
    return Call(method="GET", path=path, params=query(params), repeatable=True)


def ask(path: str, body: Mapping[str, object]) -> Call:
    """A read whose question travels as a body; in some modes a chat model is asked, too."""
    spends = body.get("mode", "fast") != "fast"
    return Call(method="POST", path=path, body=to_json(body), repeatable=True, spends=spends)


def consult(path: str, body: Mapping[str, object]) -> Call:
    """A question to a chat model."""
    return Call(method="POST", path=path, body=to_json(body), repeatable=True, spends=True)


def post(path: str, body: Mapping[str, object] | None = None) -> Call:
    """A write that may be sent only once."""
    return Call(method="POST", path=path, body=None if body is None else to_json(body))


def post_once(path: str, body: Mapping[str, object], *, idempotency_key: str) -> Call:
    """A write the service carries out once however often it arrives."""
    headers = {"Idempotency-Key": idempotency_key}
    return Call(method="POST", path=path, body=to_json(body), headers=headers, repeatable=True)


def say(path: str, body: Mapping[str, object]) -> Call:
    """A write that says what is so: said again, it changes nothing more."""
    return Call(method="POST", path=path, body=to_json(body), repeatable=True)


def put(path: str, body: Mapping[str, object], *, version: int | None = None) -> Call:
    """A write that says how things shall be, if given only for the version that was read."""
    headers = if_match(version)
    return Call(
        method="PUT", path=path, body=to_json(body), headers=headers, repeatable=not headers
    )


def patch(path: str, body: Mapping[str, object], *, version: int | None = None) -> Call:
    """A change, made only if the version is still the one that was read."""
    return Call(method="PATCH", path=path, body=to_json(body), headers=if_match(version))


def delete(path: str, *, version: int | None = None, **params: object) -> Call:
    """A removal."""
    return Call(
        method="DELETE",
        path=path,
        params=query(params),
        headers=if_match(version),
        repeatable=True,
    )


def query(params: Mapping[str, object]) -> dict[str, Parameter]:
    """Parameters as they stand in a URL."""
    return {name: _plain(value) for name, value in params.items() if value is not None}


def if_match(version: int | None) -> dict[str, str]:
    """The header that makes a call depend on a version."""
    return {} if version is None else {"If-Match": f'"{version}"'}


def to_json(body: Mapping[str, object]) -> Any:
    """The body with moments, ids and models as JSON holds them."""
    return to_jsonable_python(body)


def _plain(value: object) -> Parameter:
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else str(value)
