"""A claim as it was found in a sentence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from consolidation.extract.english.clauses import Clause
from consolidation.extract.english.grammar import Rule
from consolidation.extract.english.tenses import Tense
from consolidation.extract.protocol import Claim, Mention


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """What is known around a sentence: who speaks, and which names are those of employers."""

    speaker: str
    employers: Collection[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A claim, and how its sentence tells it."""

    claim: Claim
    #: "I lived in Oslo", "I used to live in Oslo": true of then.
    past: bool = False
    #: "I moved to Oslo": what happened, by which the claim became true.
    event: bool = False
    #: Whether it is what the sentence says, rather than what it mentions on the way.
    main: bool = True
    #: True since the date that its sentence names, though that lies ahead.
    ahead: bool = False
    #: How to tell it, where that is more than the claim: "Caroline's sister is Anna."
    text: str | None = None


def found_in(clause: Clause, rule: Rule, name: str) -> Found:
    """What a clause claims by a rule."""
    claim = Claim(
        subject=clause.subject, predicate=rule.predicate,
        object=Mention(name=name, kind=rule.kind), negated=clause.negated or rule.ends,
        form=rule.form,
    )  # fmt: skip
    told_back = clause.tense in {Tense.PAST, Tense.ENDED}
    turned = rule.ends or rule.begins or clause.verb in TURNS
    past = told_back and rule.predicate in _STATES_OF_PAST and not turned
    return Found(claim=claim, past=past, event=told_back or turned)


#: States that are told in the past tense when they are over.
_STATES_OF_PAST = frozenset({"lives_in", "works_at", "has_job", "studies_at"})
#: Verbs whose past tense begins a state.
TURNS = frozenset({"move", "relocate", "join", "start", "get", "marry", "adopt", "become", "give",
                   "turn", "go", "leave", "quit", "divorce"})  # fmt: skip
