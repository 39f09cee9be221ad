"""Probes: what to look for next, given the question and the evidence so far.

A prober proposes; the rounds look, rank and decide when to stop. The one here works by rules;
`llm_prober` asks a language model.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from retrieval.channel import Query
from retrieval.deep.evidence import Anchor
from retrieval.deep.names import Name
from retrieval.understanding.records import Question
from stores.ids import MemoryId

#: Names looked up in one round, of the best evidence first.
NAMES = 60
#: Questions that several memories answer together.
SEVERAL_WANTED = frozenset({Question.LIST, Question.COUNT})


@dataclass(frozen=True, kw_only=True, slots=True)
class Lead:
    """A name in the evidence that may lead on to other memories."""

    anchor: Anchor
    name: Name
    #: The entity it is, where that is known; then what mentions it is found, whatever it is called.
    entity: MemoryId | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Probes:
    """What to look for next."""

    #: Names that lead on.
    leads: tuple[Lead, ...] = ()
    #: Terms to look for by themselves.
    words: tuple[str, ...] = ()
    #: Episodes beside which more of their session may help.
    beside: tuple[MemoryId, ...] = ()
    #: Questions of their own, to be searched by words and by meaning.
    queries: tuple[str, ...] = ()
    #: What could not be asked for more.
    degraded: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to look for."""
        return not (self.leads or self.words or self.beside or self.queries)


class Prober(Protocol):
    """Proposes probes. `asked` are all that were looked for before, so that none comes twice."""

    async def propose(
        self, query: Query, evidence: Sequence[Anchor], asked: Collection[Probes]
    ) -> Probes:
        """What to look for next; nothing if there is nothing to gain."""


class RuleProber:
    """Names of the evidence, and what of the question nothing holds.

    Where several memories are wanted, the others may be told beside the one that was found.
    """

    async def propose(
        self, query: Query, evidence: Sequence[Anchor], asked: Collection[Probes]
    ) -> Probes:
        """No model is asked."""
        before = {lead.anchor.head for probes in asked for lead in probes.leads}
        words = {term for probes in asked for term in probes.words}
        beside = {head for probes in asked for head in probes.beside}
        return Probes(
            leads=leads([a for a in evidence if a.head not in before], query.terms),
            words=tuple(term for term in uncovered(query, evidence) if term not in words),
            beside=tuple(a.head for a in evidence if a.head not in beside)
            if query.understood.question in SEVERAL_WANTED
            else (),
        )


def leads(evidence: Sequence[Anchor], asked: Collection[str]) -> tuple[Lead, ...]:
    """The names of the evidence that say something the question does not, the best's first."""
    known = set(asked)
    found = [
        Lead(anchor=anchor, name=name, entity=entity)
        for anchor in evidence
        for entity, name in (*anchor.entities, *((None, name) for name in anchor.names))
        if not set(name.terms) <= known
    ]
    return tuple(found[:NAMES])


def uncovered(query: Query, evidence: Sequence[Anchor]) -> tuple[str, ...]:
    """The question's terms that occur somewhere, and in none of the evidence."""
    held = {term for anchor in evidence for term in anchor.shared}
    return tuple(
        term
        for place, term in enumerate(query.terms)
        if term not in held and any(found.counts[place] for found in query.counts)
    )
