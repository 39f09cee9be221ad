"""Which values of a slot are one and the same, told more or less fully."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from consolidation.similar import dates
from stores.english import words
from stores.names import normalised

_EMPTY = words("a an the of in at my our his her their year years old inc ltd llc corp co gmbh")
#: "Boston" is told by "Boston, Massachusetts", "Boston (MA)" and "Boston in Lincolnshire".
_HEAD = re.compile(r"\s*(?:,|\(| in | near )")
#: Before a noun they make it another thing.
_OTHER = words(
    "assistant associate deputy vice junior senior head chief lead principal trainee apprentice "
    "former ex retired student aspiring non not no half step semi anti part acting interim"
)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_LETTER = re.compile(r"[^\W\d_]")
_PHONE = 7


class Told(Protocol):
    """Something with a value: its words and, if it is one, the entity it is."""

    @property
    def value(self) -> str:
        """As written."""

    @property
    def object_id(self) -> UUID | None:
        """The entity."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A value in words that can be compared."""

    key: str
    tokens: tuple[str, ...]
    head: str
    is_date: bool
    is_common: bool


def value_key(value: str) -> str:
    """The words that tell a value, those of a date sorted; of one long number the digits alone."""
    if not _LETTER.search(value):
        digits = "".join(c for c in value if c.isdigit())
        if len(digits) >= _PHONE:
            return digits
    told = normalised(_ORDINAL.sub("", value)).split()
    kept = [word for word in told if word not in _EMPTY] or told
    return " ".join(sorted(kept) if _is_date(value) else kept)


def _is_date(value: str) -> bool:
    return bool(dates(value)) and any(c.isdigit() for c in value)


@lru_cache(maxsize=10_000)
def _value(value: str) -> _Value:
    key = value_key(value)
    tokens = tuple(key.split())
    return _Value(
        key=key,
        tokens=tokens,
        head=value_key(_HEAD.split(value, maxsplit=1)[0]),
        is_date=_is_date(value),
        is_common=value == value.lower(),
    )


def same_value(a: str, b: str) -> bool:
    """Whether two values are the same, one perhaps told more fully."""
    return _value(a).key == _value(b).key or is_barer(a, b) or is_barer(b, a)


def is_barer(a: str, b: str) -> bool:
    """Whether the second is the first with more said: "engineer", "software engineer"."""
    bare, full = _value(a), _value(b)
    if len(bare.tokens) >= len(full.tokens) or not bare.tokens:
        return False
    if bare.is_date and full.is_date:
        return set(bare.tokens) <= set(full.tokens)
    if full.head == bare.key:
        return True
    more = full.tokens[: -len(bare.tokens)]
    return (
        bare.is_common
        and full.is_common
        and full.tokens[len(more) :] == bare.tokens
        and not any(word in _OTHER or not word.isalpha() for word in more)
    )


def richest(values: Iterable[str]) -> str:
    """The value that tells most; the last in the alphabet of those that tell as much."""
    return max(values, key=lambda value: (len(_value(value).tokens), len(value), value))


def value_classes(told: Collection[Told]) -> Mapping[tuple[str, UUID | None], str]:
    """For every value with its entity, what stands for all that are the same.

    It follows from the set of values alone, so in whatever order they come it ends the same. A bare
    value that could be several of the full ones ("Springfield") is none of them.
    """
    groups = _alike({(t.value, t.object_id) for t in told})
    fuller = {
        one: {two for two in groups if two != one and _any_barer(groups[one], groups[two])}
        for one in groups
    }
    result = {}
    for name, members in groups.items():
        fullest = _fullest(name, fuller)
        stands = fullest.pop() if len(fullest) == 1 else name
        result.update(dict.fromkeys(members, stands))
    return result


_Pair = tuple[str, UUID | None]


def _alike(pairs: Collection[_Pair]) -> dict[str, set[_Pair]]:
    """Pairs with the same words or the same entity, those joined by a third included."""
    names: dict[str | UUID, str] = {}
    groups: dict[str, set[_Pair]] = {}
    for pair in sorted(pairs, key=str):
        known: set[str | UUID] = {f"={value_key(pair[0])}"} | ({pair[1]} if pair[1] else set())
        met = {names[k] for k in known if k in names} | {value_key(pair[0])}
        name = min(met)
        members = {pair}.union(*(groups.pop(other, set()) for other in met))
        groups[name] = members
        for k, other in names.items():
            if other in met:
                names[k] = name
        names |= dict.fromkeys(known, name)
    return groups


def _any_barer(one: Collection[_Pair], two: Collection[_Pair]) -> bool:
    return any(is_barer(a, b) for a, _ in one for b, _ in two)


def _fullest(name: str, fuller: Mapping[str, set[str]]) -> set[str]:
    """Those that nothing tells more fully, among all that tell this more fully."""
    seen, open_ = {name}, [name]
    while open_:
        for other in fuller[open_.pop()] - seen:
            seen.add(other)
            open_.append(other)
    return {one for one in seen if not fuller[one]}
