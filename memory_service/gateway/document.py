"""A JSON object of which some members are changed while all others stay byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from memory_service.verbs.errors import Malformed

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """What stands in the document, as text and as what it means."""

    raw: str
    value: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """The members of an object in their order."""

    members: Mapping[str, Value]

    def get(self, name: str) -> Any:
        """What the member means; None where there is none."""
        found = self.members.get(name)
        return None if found is None else found.value

    def with_raw(self, name: str, raw: str) -> Document:
        """The same with this member, in its place or at the end."""
        changed = Value(raw=raw, value=None)
        return Document(members={**self.members, name: changed})

    def without(self, name: str) -> Document:
        """The same but for this member."""
        return Document(members={n: v for n, v in self.members.items() if n != name})

    def render(self) -> str:
        """As JSON: the texts of the members as they came."""
        inner = ",".join(f"{json.dumps(name)}:{v.raw}" for name, v in self.members.items())
        return f"{{{inner}}}"


def parse(content: bytes) -> Document:
    """The object that these bytes are. Raises Malformed."""
    try:
        return parse_object(content.decode())
    except UnicodeDecodeError as error:
        raise Malformed("the body is not UTF-8") from error


def parse_object(text: str) -> Document:
    """An object. Raises Malformed, also for a member that is there twice.

    Of two the reader on the other side might take the other one than we have checked.
    """
    members: dict[str, Value] = {}
    at = _open(text, "{")
    while not _closes(text, at, "}"):
        at = at if not members else _skip(text, _expect(text, at, ","))
        name, at = _decode(text, at)
        if not isinstance(name.value, str):
            raise Malformed("the body is not JSON: a name was expected")
        if name.value in members:
            raise Malformed(f"{name.value!r} is there twice")
        value, at = _decode(text, _skip(text, _expect(text, at, ":")))
        members[name.value] = value
    _end(text, at)
    return Document(members=members)


def parse_array(text: str) -> list[Value]:
    """The elements of an array. Raises Malformed."""
    elements: list[Value] = []
    at = _open(text, "[")
    while not _closes(text, at, "]"):
        at = at if not elements else _skip(text, _expect(text, at, ","))
        value, at = _decode(text, at)
        elements.append(value)
    _end(text, at)
    return elements


def _open(text: str, bracket: str) -> int:
    return _skip(text, _expect(text, _skip(text, 0), bracket))


def _closes(text: str, at: int, bracket: str) -> bool:
    return text.startswith(bracket, at)


def _end(text: str, at: int) -> None:
    if _skip(text, at + 1) != len(text):
        raise Malformed("the body is not JSON: something follows its end")


def _expect(text: str, at: int, mark: str) -> int:
    if not text.startswith(mark, at):
        raise Malformed(f"the body is not JSON: {mark!r} was expected")
    return at + 1


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return at if found is None else found.end()


def _decode(text: str, at: int) -> tuple[Value, int]:
    """The value that begins here, and where the next thing begins."""
    try:
        value, end = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError) as error:
        raise Malformed("the body is not JSON that can be read") from error
    return Value(raw=text[at:end], value=value), _skip(text, end)
