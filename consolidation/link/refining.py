"""What a tight group of memories adds to one of them: words it is found by, and a context."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from consolidation.link.kinds import elaborates, shared, telling, terms
from consolidation.similar import numbers
from stores.ids import MemoryId, new_id
from stores.lexical import words_by_term
from stores.linking import Near, Statement
from stores.refinements import Given, Refinement

#: Cosine from which memories that share an entity are a group.
TIGHT = 0.8
#: Neighbours that one memory refines.
MOST = 5
#: Refinements that one memory may have standing.
STANDING = 5
KEYWORDS = 8
#: How many of a group must say something for the others to be found by it, too.
_SAID = 2

Known: TypeAlias = Mapping[MemoryId, Given]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A new memory and the neighbours that it may refine, the nearest first."""

    new: Statement
    neighbours: tuple[Statement, ...]

    @property
    def members(self) -> tuple[Statement, ...]:
        """All of them, the new one first."""
        return (self.new, *self.neighbours)


@dataclass(kw_only=True, slots=True)
class Ledger:
    """What was given to memories, so that nothing is given twice, nor what was dropped again."""

    known: dict[MemoryId, Given] = field(default_factory=dict)
    rows: list[Refinement] = field(default_factory=list)

    def give(
        self,
        memory_id: MemoryId,
        keywords: Iterable[str],
        tags: Iterable[str],
        context: str,
        sources: Iterable[MemoryId],
    ) -> None:
        """Note a refinement, unless it says nothing new or the memory has enough of them."""
        before = self.known.get(memory_id, Given())
        fresh = [w for w in dict.fromkeys(keywords) if w not in before.words][:KEYWORDS]
        labels = [t for t in dict.fromkeys(tags) if t not in before.words]
        if not (fresh or labels) or before.standing >= STANDING:
            return
        row = Refinement(
            id=new_id(),
            memory_id=memory_id,
            version=before.version + 1,
            keywords=tuple(fresh),
            tags=tuple(labels),
            context=context,
            sources=tuple(sources),
        )
        self.rows.append(row)
        self.known[memory_id] = Given(
            version=row.version,
            standing=before.standing + 1,
            words=before.words.union(fresh, labels),
        )


def groups(near: Sequence[Near], statements: Mapping[MemoryId, Statement]) -> list[Group]:
    """The groups around new memories: tight, with an entity in common, open to the same readers.

    `near` are those that belong together, the nearest first.
    """
    by_new: dict[MemoryId, dict[MemoryId, Statement]] = {}
    for one in near:
        if one.cosine < TIGHT:
            continue
        new, other = statements[one.memory_id], statements[one.target_id]
        if shared(new, other) and _same_readers(new, other):
            by_new.setdefault(new.id, {})[other.id] = other
    return [
        Group(new=statements[new], neighbours=tuple(others.values())[:MOST])
        for new, others in sorted(by_new.items())
    ]


def refine(group: Group, rare: frozenset[str], ledger: Ledger) -> None:
    """Refine the neighbours of a new memory by what the group says and they do not.

    At least two must say it, or one that is about the very same thing.
    """
    for one in group.neighbours:
        others = [other for other in group.members if other.id != one.id]
        own = terms(one.content)
        told: Counter[str] = Counter()
        spelt: dict[str, str] = {}
        tags: Counter[str] = Counter()
        for other in others:
            same = telling(other) & telling(one) & rare
            votes = _SAID if same or elaborates(other, one) else 1
            tags.update(set(other.tags) - set(one.tags))
            said = {**_words(other, rare & telling(other) - own), **_names(other, one)}
            for key, word in said.items():
                told[key] += votes
                spelt.setdefault(key, word)
        agreed = sorted((k for k, n in told.items() if n >= _SAID), key=lambda k: (-told[k], k))
        ledger.give(
            one.id,
            [spelt[key] for key in agreed],
            sorted(tag for tag, n in tags.items() if n >= _SAID),
            context(group),
            [other.id for other in others],
        )


def context(group: Group) -> str:
    """Whom and what most of a group are about, and of when: "Nora, Bramble; 2024-03 – 2024-05"."""
    about: Counter[MemoryId] = Counter()
    alias: dict[MemoryId, str] = {}
    for one in group.members:
        for named in one.named:
            alias.setdefault(named.id, named.alias)
        about.update({named.id for named in one.named})
    names = [alias[i] for i, n in about.most_common(KEYWORDS) if n >= _SAID]
    moments = [one.moment for one in group.members if one.moment is not None]
    return "; ".join(part for part in (", ".join(names), _period(moments)) if part)


def _period(moments: Sequence[datetime]) -> str:
    if not moments:
        return ""
    first, last = f"{min(moments):%Y-%m}", f"{max(moments):%Y-%m}"
    return first if first == last else f"{first} – {last}"


def _same_readers(one: Statement, other: Statement) -> bool:
    return one.visibility == other.visibility and one.sensitivity == other.sensitivity


def _words(one: Statement, wanted: frozenset[str]) -> dict[str, str]:
    """Its words among the wanted terms; keys are terms."""
    said = words_by_term(one.content)
    return {t: w for t, w in said.items() if t in wanted and not numbers(w)}


def _names(one: Statement, reader: Statement) -> dict[str, str]:
    """The names in it of what the reader does not have to do with; keys are terms."""
    known = {named.id for named in reader.named}
    own = terms(reader.content)
    return {
        " ".join(sorted(terms(named.alias))): named.alias
        for named in one.named
        if named.id not in known and terms(named.alias) - own
    }
