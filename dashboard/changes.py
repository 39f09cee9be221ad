"""What became different between two versions of a memory: words, and everything else. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from markupsafe import Markup

_TOKENS = re.compile(r"\s+|\w+|[^\w\s]")
#: Beyond so many characters a comparison word by word is neither quick nor read.
_MOST_CHARS = 20_000
#: What else is told of a version, as (name, where it is).
_FIELDS = (
    ("state", ("lifecycle", "state")),
    ("pinned", ("lifecycle", "pinned")),
    ("importance", ("lifecycle", "importance")),
    ("expires", ("lifecycle", "expires_at")),
    ("holds from", ("time", "valid_at")),
    ("holds until", ("time", "invalid_at")),
    ("trust", ("governance", "trust")),
    ("legal hold", ("governance", "legal_hold")),
    ("visibility", ("governance", "visibility")),
    ("sensitivity", ("governance", "sensitivity")),
    ("tags", ("tags",)),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One field that is another than before."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """A version and what it changed; `words` marks what came and went, None if nothing did."""

    version: Any
    words: Markup | None
    changes: tuple[Change, ...]


def revisions(versions: list[Any]) -> list[Revision]:
    """Every version with what it changed, newest first as given; the first changed nothing."""
    pairs = zip(versions, [*versions[1:], None], strict=True)
    return [_revision(after, before) for after, before in pairs]


def _revision(after: Any, before: Any | None) -> Revision:
    if before is None:
        return Revision(version=after, words=None, changes=())
    differs = before["content"] != after["content"]
    return Revision(
        version=after,
        words=words(before["content"], after["content"]) if differs else None,
        changes=tuple(
            Change(name=name, before=_at(before, path), after=_at(after, path))
            for name, path in _FIELDS
            if _at(before, path) != _at(after, path)
        ),
    )


def words(before: str, after: str) -> Markup:
    """The later text with what went marked as deleted and what came as inserted."""
    if len(before) + len(after) > _MOST_CHARS:
        return Markup("<del>{}</del> <ins>{}</ins>").format(before, after)
    old, new = _TOKENS.findall(before), _TOKENS.findall(after)
    made = Markup("")
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            made += "".join(new[k:m])
            continue
        if j > i:
            made += Markup("<del>{}</del>").format("".join(old[i:j]))
        if m > k:
            made += Markup("<ins>{}</ins>").format("".join(new[k:m]))
    return made


def _at(version: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        version = version[step]
    return version
