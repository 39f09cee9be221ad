"""The text of a prefix and of a soft prompt. Pure.

The same memories and blocks give the same bytes, in whatever order they are read: a model server
keeps what it has read of a prompt, and finds it again only where not one byte differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256

from retrieval.packing import count_tokens
from retrieval.packing.leading import Lead, lead
from stores.blocks import Block
from stores.prefixes import Stable

#: Tokens of a prefix, and of the soft prompt in it, at most.
PREFIX_TOKENS, SOFT_PROMPT_TOKENS = 1500, 500
#: What the parts are called that are no blocks; no block can have such a name.
PATTERNS, KNOWN = "how things are done", "what is known"
#: The kinds of memory that a soft prompt is mined from, and the heading of each.
CATEGORIES: Mapping[str, str] = {
    "preference": "Preferences:",
    "procedure": "Ways of working:",
    "insight": "Patterns:",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A text and the memories it tells of."""

    text: str = ""
    tokens: int = 0
    memories: tuple[Stable, ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 of the text."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A prefix as it is to be."""

    text: str
    tokens: int
    blocks: Mapping[str, int]
    #: Memories that it tells of itself; those that its blocks tell of are told there.
    memories: tuple[Stable, ...]
    #: Whether the patterns are in it.
    patterns: bool

    @property
    def hash(self) -> str:
        """SHA-256 of the text."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    name: str
    text: str


def soft_prompt(patterns: Sequence[Stable], budget: int = SOFT_PROMPT_TOKENS) -> Told:
    """What is done time and again, by category, as far as it fits: the first ones first."""
    taken: list[Stable] = []
    for one in patterns:
        if count_tokens(_by_category([*taken, one])) <= budget:
            taken.append(one)
    text = _by_category(taken)
    return Told(text=text, tokens=count_tokens(text) if text else 0, memories=_ordered(taken))


def known(memories: Sequence[Stable], budget: int) -> Told:
    """A line for each memory, as far as they fit: the first ones first."""
    taken: list[Stable] = []
    for one in memories:
        if count_tokens(_lines([*taken, one])) <= budget:
            taken.append(one)
    text = _lines(taken)
    return Told(text=text, tokens=count_tokens(text) if text else 0, memories=_ordered(taken))


def draft(
    blocks: Sequence[Block],
    patterns: Told,
    memories: Sequence[Stable],
    budget: int = PREFIX_TOKENS,
) -> Draft | None:
    """Blocks, patterns, then memories that none of these tells of; None if there is nothing."""
    before = lead([*blocks, _Part(name=PATTERNS, text=patterns.text)], budget)
    told = {source for block in blocks if block.name in before.names for source in block.sources}
    if PATTERNS in before.names:
        told |= {one.id for one in patterns.memories}
    # Its name, and what encloses all parts where there is no other.
    room = budget - before.tokens - 40
    more = known([one for one in memories if one.id not in told], room)
    parts: list[Lead] = [
        *blocks, _Part(name=PATTERNS, text=patterns.text), _Part(name=KNOWN, text=more.text)
    ]  # fmt: skip
    names = {*before.names, KNOWN}
    whole = lead([part for part in parts if part.name in names], budget)
    if not whole.names:
        return None
    with_patterns, with_known = PATTERNS in whole.names, KNOWN in whole.names
    return Draft(
        text=whole.text,
        tokens=whole.tokens,
        blocks={block.name: block.version for block in blocks if block.name in whole.names},
        memories=(
            *(patterns.memories if with_patterns else ()),
            *(more.memories if with_known else ()),
        ),
        patterns=with_patterns,
    )


def _by_category(patterns: Iterable[Stable]) -> str:
    of: dict[str, list[Stable]] = {kind: [] for kind in CATEGORIES}
    for one in patterns:
        of[one.kind].append(one)
    return "\n".join(f"{CATEGORIES[kind]}\n{_lines(ones)}" for kind, ones in of.items() if ones)


def _lines(memories: Iterable[Stable]) -> str:
    """By id, which is by age: what comes later stands behind and leaves the beginning as it is."""
    return "\n".join(map(_line, _ordered(memories)))


def _ordered(memories: Iterable[Stable]) -> tuple[Stable, ...]:
    return tuple(sorted(memories, key=lambda one: one.id))


def _line(one: Stable) -> str:
    words = " ".join(one.content.split())
    if one.valid_at is None:
        return f"- {words}"
    since = one.valid_at.astimezone(UTC)
    return f"- {words} (since {since.day} {since:%B %Y})"
