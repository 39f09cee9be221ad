"""The kinds of memory, one file each; a new kind is a new file in this folder."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from stores.errors import UnknownKind
from stores.kinds.base import Kind, whole
from stores.records import MemoryType

__all__ = ["Kind", "get_kind", "has_parts", "load"]


@cache
def load() -> dict[str, Kind]:
    """Every kind by name, read from the files of this folder."""
    kinds = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name != "base":
            kind: Kind = importlib.import_module(f"{__name__}.{module.name}").KIND
            kinds[kind.name] = kind
    return kinds


def has_parts(name: str) -> bool:
    """Whether memories of the kind may be indexed in more than one part."""
    kind = load().get(name)
    return kind is not None and kind.split is not whole


def get_kind(name: str, *, of: MemoryType | None = None, pointer: str | None = None) -> Kind:
    """The kind of that name.

    Raises UnknownKind, naming the ones there are, if it is not one `of` the type asked for.
    """
    kind = load().get(name)
    if kind is None or (of is not None and kind.type is not of):
        known = sorted(k.name for k in load().values() if of is None or k.type is of)
        raise UnknownKind(f"kind {name!r} is not one of {', '.join(known)}", pointer=pointer)
    return kind
