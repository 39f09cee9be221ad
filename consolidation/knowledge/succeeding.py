"""Aims what was found at what is held: a later statement gets the claim that ends an earlier one.

Beliefs follow from assertions alone, so whatever ends a statement is an assertion in its slot: an
earlier statement that claimed nothing is given the claim that the later one denies or replaces.
Then all else, order, erasing and undoing, is as for any other claim.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from consolidation.extract.protocol import Claim, Form, Mention
from consolidation.knowledge.entities import Named
from consolidation.knowledge.findings import Finding, Findings, Source
from consolidation.succession.aiming import Aim, Statement, aims, is_changing
from stores import claims, graph, standing
from stores.claims import AssertionRow
from stores.database import WriteSession
from stores.graph import RelationRow
from stores.ids import MemoryId, SpaceId
from stores.records import State
from stores.standing import Standing

#: Memories about the subjects of one run that are looked at; the newest.
MOST = 200
#: A speaker whose name is not known, as statements call them.
_NAMELESS = "The user"
#: Verbs that nearly every statement has.
_COMMON = frozenset({"be", "have", "do", "get", "go"})


async def aimed(
    session: WriteSession, space: SpaceId, findings: Findings, named: Named, version: int
) -> tuple[Findings, Named]:
    """The findings with the claims by which some end others, or take their place.

    Costs a read where something may have changed, and writes the claims that held memories get.
    """
    mentions = {mention.name.lower(): mention for mention in named.ids}
    told = [
        statement
        for n, finding in enumerate(findings.findings)
        if (statement := _statement(n, finding, findings.sources))
        and statement.subject.lower() in mentions
    ]
    # Pure computation, which must not keep the loop from the worker's sign of life.
    later = await asyncio.to_thread(_changing, told) if findings.origin == "derived" else []
    if not later:
        return findings, named
    held = await standing.read(
        session, space, sorted(set(_subjects(later, mentions, named))), sorted(set(_words(later))),
        most=MOST,
    )  # fmt: skip
    known = {-1 - n: one for n, one in enumerate(held) if (one.subject or "").lower() in mentions}
    before = [_held(number, one, mentions) for number, one in known.items()]
    aiming = await asyncio.to_thread(list, aims(later, [*before, *told]))
    found = [_by_names(aim, mentions) for aim in aiming]
    await _give(session, space, findings, [
        (known[aim.earlier], _relation(known[aim.earlier], aim.given, named))
        for aim in found if aim.earlier in known and aim.given
    ], version)  # fmt: skip
    objects = {Mention(name=c.object): c.object_id for one in held if (c := one.claim)
               and c.object_id is not None}  # fmt: skip
    return _with_claims(findings, found), replace(named, ids={**objects, **named.ids})


def _changing(told: Sequence[Statement]) -> list[Statement]:
    return [one for one in told if is_changing(one)]


def _by_names(aim: Aim, mentions: Mapping[str, Mention]) -> Aim:
    """With the subject as it was resolved to an entity."""
    who = mentions[aim.claim.subject.name.lower()]
    given = aim.given and replace(aim.given, subject=who)
    return replace(aim, claim=replace(aim.claim, subject=who), given=given)


def _statement(
    number: int, finding: Finding, sources: Mapping[MemoryId, Source]
) -> Statement | None:
    """What is said of nobody, "the Nokia drowned", is said of whose things the speaker tells."""
    candidate = finding.candidate
    source = sources.get(MemoryId(candidate.evidence[0].episode_id)) if candidate.evidence else None
    speaker = source.speaker.name if source and source.speaker else _NAMELESS
    subject = candidate.subject or speaker
    if candidate.kind == "relation":
        return None
    return Statement(
        number=number, text=candidate.text, subject=subject, since=candidate.valid_at,
        lasts=candidate.form is Form.STATE, claim=candidate.claim,
    )  # fmt: skip


def _held(number: int, one: Standing, mentions: Mapping[str, Mention]) -> Statement:
    who = mentions[(one.subject or "").lower()]
    claim = None
    if one.claim is not None:
        claim = Claim(
            subject=who, predicate=one.claim.predicate, object=Mention(name=one.claim.object),
            negated=one.claim.negated, form=Form(one.claim.form),
        )  # fmt: skip
    return Statement(
        number=number, text=one.text, subject=who.name, since=one.valid_at,
        lasts=one.form == str(Form.STATE), claim=claim,
    )  # fmt: skip


def _subjects(
    later: Sequence[Statement], mentions: Mapping[str, Mention], named: Named
) -> Iterator[MemoryId]:
    for one in later:
        yield named.ids[mentions[one.subject.lower()]]


def _words(later: Sequence[Statement]) -> Iterator[str]:
    for one in later:
        said = one.frame
        yield from said.over
        yield from said.amounts
        if said.verb not in _COMMON:
            yield said.verb


def _relation(one: Standing, claim: Claim, named: Named) -> RelationRow:
    return RelationRow(
        memory_id=one.memory_id, subject_id=named.ids[claim.subject], predicate=claim.predicate,
        object_id=named.ids.get(claim.object), object=claim.object.name, negated=claim.negated,
        form=str(Form.STATE), state=str(State.ACTIVE), valid_at=one.valid_at, invalid_at=None,
    )  # fmt: skip


async def _give(
    session: WriteSession,
    space: SpaceId,
    findings: Findings,
    given: Sequence[tuple[Standing, RelationRow]],
    version: int,
) -> None:
    """Have held memories claim what they state."""
    await graph.add_relations(session, space, [relation for _, relation in given], version)
    rows = [
        (one.memory_id, AssertionRow(
            episode_id=episode, span=span, value=relation.object, object_id=relation.object_id,
            negated=relation.negated, form=relation.form, since=one.valid_at, until=None,
            sequence=None, told_at=one.valid_at, text=one.text,
        ))
        for one, relation in given for episode, span in one.evidence
    ]  # fmt: skip
    await claims.add(session, space, rows, findings.run_id)


def _with_claims(findings: Findings, found: Sequence[Aim]) -> Findings:
    made = {aim.earlier: aim.given for aim in found if aim.given is not None}
    made |= {aim.later: aim.claim for aim in found}
    return replace(findings, findings=tuple(
        replace(f, candidate=replace(f.candidate, claim=made[n]), repeats=None)
        if n in made else f
        for n, f in enumerate(findings.findings)
    ))  # fmt: skip
