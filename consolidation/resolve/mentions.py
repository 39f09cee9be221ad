"""Which known entity a mention means, if any: by its name, and where that is not enough by meaning.

Whatever is decided here can be taken back: a name that was taken for another is an alias, and names
that only may be the same stay two entities with a link.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias
from uuid import UUID

from consolidation.extract.protocol import EntityKind, Mention
from consolidation.resolve.names import (
    bands,
    given_name,
    is_informative,
    is_relational,
    jaccard,
    key_of,
    same_name,
    singular,
    titles_differ,
)
from consolidation.similar import numbers

#: Jaccard similarity of trigrams above which two names are spellings of one.
SPELLING = 0.9
#: Cosines of names above which they may be the same by meaning, and above which they may be linked.
MEANING, SYNONYM = 0.85, 0.80

#: Kinds that are easily taken for one another; a `thing` may be anything.
_CONFUSED = frozenset({EntityKind.PLACE, EntityKind.ORGANISATION})


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """An entity that a mention may mean, as the store finds it by alias, by band or by meaning."""

    id: UUID
    name: str
    kind: EntityKind
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names it goes by."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, kw_only=True, slots=True)
class Same:
    """The mention means an entity that is known, or one that was new earlier in the batch."""

    id: UUID
    #: `exact`, `ambiguous`, `part-of-name`, `spelling` or `meaning`.
    reason: str
    #: What the entity is now known to be, where it was a mere `thing`.
    kind: EntityKind | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class New:
    """Nothing known is meant."""

    id: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Synonym:
    """A new entity that may be the same as another; a link says how alike they are."""

    id: UUID
    of: UUID
    similarity: float
    reason: str


Resolution: TypeAlias = Same | New | Synonym


def resolve(
    mentions: Sequence[Mention],
    known: Sequence[Known],
    *,
    new_id: Callable[[], UUID],
    cosines: Mapping[tuple[str, UUID], float] | None = None,
) -> tuple[Resolution, ...]:
    """What each mention means, in order; what one brings is known to those after it.

    `cosines` are those between the name of a mention and a known entity, as far as computed.
    """
    cosines = cosines or {}
    met = _Met()
    for entity in known:
        met.learn(entity)
    resolved = []
    for mention in mentions:
        near = (entity_id for name, entity_id in cosines if name == mention.name)
        result = _resolve(mention, met.likely(mention, near), new_id, cosines)
        met.learn(_learned(met.by_id.get(result.id), mention, result))
        resolved.append(result)
    return tuple(resolved)


class _Met:
    """The entities met so far, found by what names of one entity share."""

    def __init__(self) -> None:
        self.by_id: dict[UUID, Known] = {}
        self._by_token: defaultdict[int | str, set[UUID]] = defaultdict(set)

    def learn(self, entity: Known) -> None:
        """Keep an entity as it is known now."""
        had = self.by_id.get(entity.id)
        self.by_id[entity.id] = entity
        fresh = entity.names if had is None or had.kind != entity.kind else entity.names[-1:]
        for name in fresh:
            for token in _tokens(name, entity.kind):
                self._by_token[token].add(entity.id)

    def likely(self, mention: Mention, near: Iterable[UUID]) -> list[Known]:
        """Those it may mean by name, and those near it in meaning, in the order of their ids."""
        found = {i for i in near if i in self.by_id}
        for token in _tokens(mention.name, mention.kind):
            found |= self._by_token.get(token, set())
        return [self.by_id[i] for i in sorted(found)]


@lru_cache(maxsize=50_000)
def _tokens(name: str, kind: EntityKind) -> tuple[int | str, ...]:
    key = key_of(name)
    return (*bands(name, kind), key, singular(key))


def _learned(entity: Known | None, mention: Mention, result: Resolution) -> Known:
    if entity is None:
        return Known(id=result.id, name=mention.name, kind=mention.kind)
    kind = result.kind if isinstance(result, Same) and result.kind else entity.kind
    aliases = entity.aliases
    if mention.name not in entity.names:
        aliases = (*aliases, mention.name)
    return replace(entity, kind=kind, aliases=aliases)


def _resolve(
    mention: Mention,
    known: Sequence[Known],
    new_id: Callable[[], UUID],
    cosines: Mapping[tuple[str, UUID], float],
) -> Resolution:
    possible = [e for e in known if _possible(mention, e)]
    for step in (_exact, _part_of_name, _spelling):
        if found := step(mention, possible):
            return _same(mention, *found)
    near = max(
        ((cosines.get((mention.name, e.id), 0.0), e) for e in possible),
        key=lambda pair: (pair[0], -pair[1].id.int),
        default=None,
    )
    if near is None or near[0] < SYNONYM or _numbers_differ(mention.name, near[1].name):
        return New(id=new_id())
    cosine, entity = near
    if cosine >= MEANING and mention.kind == entity.kind and _says_the_same(mention, entity):
        return _same(mention, entity, "meaning")
    return Synonym(id=new_id(), of=entity.id, similarity=cosine, reason="meaning")


def _same(mention: Mention, entity: Known, reason: str) -> Same:
    typed = entity.kind is EntityKind.THING and mention.kind is not EntityKind.THING
    return Same(id=entity.id, reason=reason, kind=mention.kind if typed else None)


def _possible(mention: Mention, entity: Known) -> bool:
    """Whether nothing speaks against it: a person is no place, and Mr Smith is not Mrs Smith."""
    return _compatible(mention.kind, entity.kind) and not any(
        titles_differ(mention.name, name) for name in entity.names
    )


def _compatible(one: EntityKind, two: EntityKind) -> bool:
    return one == two or EntityKind.THING in (one, two) or {one, two} <= _CONFUSED


_Found: TypeAlias = tuple[Known, str] | None


def _exact(mention: Mention, known: Iterable[Known]) -> _Found:
    """The entity of that name. Of several, one of the same kind, then one that has it as its own
    name rather than as an alias, then the oldest."""
    key = key_of(mention.name)
    hits = [e for e in known if any(same_name(mention.name, name) for name in e.names)]
    if not hits:
        return None
    ranks = {e.id: (e.kind != mention.kind, key_of(e.name) != key) for e in hits}
    best = min(hits, key=lambda e: (ranks[e.id], e.id))
    sure = sum(ranks[e.id] == ranks[best.id] for e in hits) == 1
    return best, "exact" if sure else "ambiguous"


def _part_of_name(mention: Mention, known: Iterable[Known]) -> _Found:
    """Anna is Anna Smith, and the other way round, if there is only one person called Anna."""
    given = given_name(mention.name)
    if mention.kind is not EntityKind.PERSON or given is None:
        return None
    called = [
        e
        for e in known
        if e.kind is EntityKind.PERSON and any(given_name(name) == given for name in e.names)
    ]
    if len(called) != 1 or not _fits_in(mention.name, called[0]):
        return None
    return called[0], "part-of-name"


def _fits_in(name: str, person: Known) -> bool:
    """Whether one name is the given name alone, and no full name says otherwise."""
    said = key_of(name).split()
    full = {key_of(other) for other in person.names if len(key_of(other).split()) > 1}
    return bool(full) if len(said) == 1 else not full


def _spelling(mention: Mention, known: Iterable[Known]) -> _Found:
    """The entity whose name is written nearly alike, if names so short can be compared at all."""
    if not is_informative(mention.name):
        return None
    alike = [
        (score, e)
        for e in known
        for name in e.names
        if (score := jaccard(mention.name, name)) >= SPELLING
        and not _numbers_differ(mention.name, name)
    ]
    if not alike:
        return None
    return min(alike, key=lambda pair: (-pair[0], pair[1].id))[1], "spelling"


def _numbers_differ(one: str, two: str) -> bool:
    return numbers(one) != numbers(two)


def _says_the_same(mention: Mention, entity: Known) -> bool:
    """Whether one name holds the other; people are not told by meaning, nor by whose sister."""
    if mention.kind is EntityKind.PERSON or is_relational(mention.name):
        return False
    said = set(key_of(mention.name).split())
    return any(said <= other or other <= said for other in _words_of(entity) if said and other)


def _words_of(entity: Known) -> list[set[str]]:
    return [set(key_of(name).split()) for name in entity.names]
