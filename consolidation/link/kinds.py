"""How one statement is tied to another that is near it: by the link that says most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from consolidation.similar import Difference, differences
from stores.english import PLAIN, words
from stores.graph import LinkRow
from stores.ids import MemoryId
from stores.lexical import plain_terms
from stores.linking import Near, Statement

#: Cosine from which two statements have to do with each other: if they have a rare word or two
#: names in common, and without. Of one person, any two short ones are near.
NEAR, ALIKE = 0.7, 0.8
#: Links that a new memory gets, and that any may have in all.
MOST, IN_ALL = 10, 20
#: A statement of fewer words is held by too many others; so many, names left out, tell something.
_WORDS, _TELLING = 3, 2
#: Letters of a word that tells something.
_SHORTEST = 3
_WHEN = words("""
    monday tuesday wednesday thursday friday saturday sunday january february march april may june
    july august september october november december hour minute
""")
_PLAIN = frozenset(plain_terms(" ".join(sorted(PLAIN | _WHEN))))
_CHANGES = frozenset({Difference.NEGATION, Difference.QUALIFIER})


class LinkKind(StrEnum):
    """What one memory is to another."""

    #: They tell of nearly the same.
    RELATED = "related"
    #: It says what the other says, and more.
    ELABORATES = "elaborates"
    #: Both tell of what happened on one day to somebody or something.
    SAME_EVENT = "same_event"


def belonging(
    near: Iterable[Near], statements: Mapping[MemoryId, Statement], rare: frozenset[str]
) -> list[Near]:
    """Those neighbours, the nearest first, that are near in more than whom they are about."""
    told = {memory_id: telling(one) for memory_id, one in statements.items()}

    def belong(one: Near) -> bool:
        its, others = told[one.memory_id], told[one.target_id]
        if its & others & rare:
            return True
        if len(shared(statements[one.memory_id], statements[one.target_id])) > 1:
            return True
        return one.cosine >= ALIKE and min(len(its), len(others)) >= _TELLING

    found = [one for one in near if one.memory_id in told and one.target_id in told and belong(one)]
    return sorted(found, key=lambda n: (-n.cosine, n.memory_id, n.target_id))


def choose(
    near: Iterable[Near],
    statements: Mapping[MemoryId, Statement],
    linked: Sequence[tuple[MemoryId, MemoryId]],
) -> tuple[LinkRow, ...]:
    """One link for each pair that is not `linked` yet, the nearest first, until they have enough.

    `near` are the neighbours of new statements, the nearest first.
    """
    there = {frozenset(pair) for pair in linked}
    in_all = Counter(end for pair in there for end in pair)
    new: Counter[MemoryId] = Counter()
    links = []
    for one in near:
        pair = frozenset((one.memory_id, one.target_id))
        if (
            pair in there
            or new[one.memory_id] >= MOST
            or any(in_all[end] >= IN_ALL for end in pair)
        ):
            continue
        there.add(pair)
        in_all.update(pair)
        new[one.memory_id] += 1
        links.append(link(statements[max(pair)], statements[min(pair)], one.cosine))
    return tuple(links)


def link(newer: Statement, older: Statement, cosine: float) -> LinkRow:
    """The link between two statements; it leads to the older where both ends are alike."""
    source, target, kind = newer, older, LinkKind.RELATED
    if elaborates(newer, older):
        kind = LinkKind.ELABORATES
    elif elaborates(older, newer):
        source, target, kind = older, newer, LinkKind.ELABORATES
    elif _same_event(newer, older):
        kind = LinkKind.SAME_EVENT
    weight = round(min(cosine, 1.0), 4)
    return LinkRow(memory_id=source.id, target_id=target.id, kind=kind, weight=weight)


def elaborates(one: Statement, other: Statement) -> bool:
    """Whether one says all that the other says, and more: not its opposite, nor with a doubt."""
    barer, fuller = terms(other.content), terms(one.content)
    if len(barer) < _WORDS or not barer < fuller:
        return False
    return not differences(one.content, other.content) & _CHANGES


def shared(one: Statement, other: Statement) -> set[MemoryId]:
    """The entities that both have to do with."""
    return {named.id for named in one.named} & {named.id for named in other.named}


@lru_cache(maxsize=10_000)
def terms(content: str) -> frozenset[str]:
    """The stemmed words of a statement, stop words left out."""
    return frozenset(plain_terms(content))


def telling(one: Statement) -> frozenset[str]:
    """The terms of a statement that say what it is about, beside those it names."""
    names = frozenset[str]().union(*(terms(named.alias) for named in one.named))
    return frozenset(
        term
        for term in terms(one.content) - names - _PLAIN
        if len(term) >= _SHORTEST and "'" not in term
    )


def _same_event(one: Statement, other: Statement) -> bool:
    if not (one.happened and other.happened and one.moment and other.moment):
        return False
    return one.moment.date() == other.moment.date() and bool(shared(one, other))
