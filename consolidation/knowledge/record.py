"""Writes what a run found: names get entities, claims become beliefs, the rest is stored once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from consolidation.extract.protocol import Claim, Form, Mention
from consolidation.knowledge import entities
from consolidation.knowledge.beliefs import Context, Make, Stated, believe
from consolidation.knowledge.entities import Named, is_name, is_thing
from consolidation.knowledge.findings import Finding, Findings, Source, Written
from consolidation.knowledge.succeeding import aimed
from consolidation.predicates import form_of
from consolidation.reconcile import Assertion, Belief, slot_of
from stores import graph, runs, semantic, usage, writing
from stores.database import WriteSession
from stores.graph import MentionRow, RelationRow
from stores.ids import MemoryId, new_id
from stores.predicates import predicate_of
from stores.records import EvidenceLink, NewMemory, Payload, Space, Span, State
from stores.runs import Change


async def record(session: WriteSession, space: Space, findings: Findings) -> Written:
    """Write the findings as part of a run, whose row the caller adds."""
    version = await graph.next_version(session, space.id)
    fits = is_name if findings.origin == "written" else is_thing
    named = await entities.name(session, space.id, filter(fits, _all_mentions(findings)))
    method, run_id, now = findings.method, findings.run_id, findings.now
    await entities.write(
        session, space, named, version=version, method=method, run_id=run_id, now=now
    )
    findings, named = await aimed(session, space.id, findings, named, version)
    work = _Recording(findings=findings, named=named)
    context = Context(
        session=session, space=space, version=version, run_id=run_id, now=now,
        embedded=findings.embedded,
    )  # fmt: skip
    claiming = [f for f in findings.findings if work.claim_of(f) is not None]
    believed = await believe(context, [work.stated(f) for f in claiming], work.maker(claiming))
    plain = [f for f in findings.findings if work.claim_of(f) is None and f.candidate.evidence]
    holders = {claiming[n].id: holder for n, holder in believed.holders.items()}
    told = await _tell(session, space, work, plain, holders)
    await graph.add_relations(session, space.id, list(work.happened(told)), version)
    holders |= told
    await graph.add_mentions(session, space.id, list(work.mentions(holders)), version, run_id)
    brought = [Change(memory_id=entity.id, after=1) for entity in named.new]
    # Each memory once: what was made as a belief may have been repeated without one.
    named_once = {c.memory_id: c for c in (*brought, *_changes(told), *believed.changes)}
    changes = list(named_once.values())
    await runs.note_changes(session, run_id, changes)
    stored = {c.memory_id for c in changes if c.before is None and c.after is not None}
    return Written(
        holders=holders,
        stored=tuple(stored - {e.id for e in named.new}),
        confirmed=tuple(c.memory_id for c in changes if c.confirmations),
        amended=tuple(c.memory_id for c in changes if c.before is not None),
        entities=len(named.new),
        named=named.ids,
    )


def _all_mentions(findings: Findings) -> Iterable[Mention]:
    """Who speaks comes first: whoever is called by a part of that name is meant."""
    speakers = (s.speaker for s in findings.sources.values() if s.speaker is not None)
    claims = (f.candidate.claim for f in findings.findings if f.candidate.claim is not None)
    return chain(
        speakers,
        chain.from_iterable((c.subject, c.object) for c in claims),
        chain.from_iterable(f.candidate.mentions for f in findings.findings),
        chain.from_iterable(findings.mentions.values()),
    )


async def _tell(
    session: WriteSession,
    space: Space,
    work: _Recording,
    plain: Sequence[Finding],
    claimed: Mapping[MemoryId, MemoryId],
) -> dict[MemoryId, MemoryId]:
    """Store what makes no claim, unless it is there already: then it is confirmed."""
    new = [work.memory([f], f.candidate.text, f.id) for f in plain if f.repeats is None]
    told = await semantic.add(session, space, new, work.findings.embedded)
    holders = {**claimed, **told}
    again = {f.id: holders.get(f.repeats, f.repeats) for f in plain if f.repeats is not None}
    links = [
        (again[f.id], link, work.findings.now)
        for f in plain
        if f.id in again
        for link in work.evidence([f])
    ]
    await writing.add_evidence(session, links)
    await usage.add_confirmations(session, Counter(i for i in again.values() if i not in told))
    return told | again


def _changes(told: Mapping[MemoryId, MemoryId]) -> Iterable[Change]:
    again = Counter(holder for holder in told.values() if holder not in told)
    stored = [one for one, holder in told.items() if holder == one]
    yield from (Change(memory_id=i, after=1, confirmations=again.pop(i, 0)) for i in stored)
    yield from (Change(memory_id=i, confirmations=n) for i, n in again.items())


def _form(claim: Claim) -> Form:
    return form_of(predicate_of(claim.predicate), claim.form)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Recording:
    """The findings, with the entities of all that they name."""

    findings: Findings
    named: Named

    def claim_of(self, finding: Finding) -> Claim | None:
        """The claim that is reconciled, if its subject can be an entity."""
        claim = self._any_claim(finding)
        if claim is None or self._happened(finding, claim):
            return None
        return claim

    def _happened(self, finding: Finding, claim: Claim) -> bool:
        """Whether it tells more than its claim of something that happened."""
        return finding.candidate.kind != "relation" and _form(claim) is Form.EVENT

    def _any_claim(self, finding: Finding) -> Claim | None:
        claim = finding.candidate.claim
        return claim if claim is not None and claim.subject in self.named.ids else None

    def happened(self, told: Mapping[MemoryId, MemoryId]) -> Iterable[RelationRow]:
        """What the memories of things that happened claim.

        These are told apart by their whole text: who bought a house here and one there bought two.
        """
        for finding in self.findings.findings:
            claim = self._any_claim(finding)
            if claim is None or not self._happened(finding, claim):
                continue
            if told.get(finding.id) != finding.id:
                continue
            yield RelationRow(
                memory_id=finding.id,
                subject_id=self.named.ids[claim.subject],
                predicate=predicate_of(claim.predicate),
                object_id=self.named.ids.get(claim.object),
                object=claim.object.name,
                negated=claim.negated,
                form=str(Form.EVENT),
                state=str(State.ACTIVE),
                valid_at=finding.candidate.valid_at,
                invalid_at=finding.candidate.invalid_at,
            )

    def stated(self, finding: Finding) -> Stated:
        """The claim as an assertion of its source."""
        claim, candidate = self.claim_of(finding), finding.candidate
        assert claim is not None  # noqa: S101
        object_id = self.named.ids.get(claim.object)
        source = self._source(finding)
        # Where a sequence tells the order, the time of the telling tells nothing.
        since = candidate.valid_at
        if source.sequence is not None and since == source.said_at:
            since = None
        evidence = candidate.evidence[0] if candidate.evidence else None
        return Stated(
            slot=slot_of(
                self.named.ids[claim.subject],
                predicate_of(claim.predicate),
                claim.object.name,
                object_id,
            ),
            assertion=Assertion(
                episode_id=source.id,
                start=evidence.start if evidence else 0,
                end=evidence.end if evidence else 0,
                value=claim.object.name,
                object_id=object_id,
                negated=claim.negated,
                form=_form(claim),
                since=since,
                until=candidate.invalid_at,
                sequence=source.sequence,
                told_at=None if source.sequence is not None else source.said_at,
                text=candidate.text,
            ),
        )

    def maker(self, claiming: Sequence[Finding]) -> Make:
        """Makes the memory of a belief, of the findings that it rests on."""

        def make(belief: Belief, numbers: Sequence[int]) -> NewMemory:
            own = [claiming[n] for n in numbers]
            # Embedded under its id is the finding's text, so the id goes with the text.
            same = (f.id for f in own if f.candidate.text == belief.text)
            return self.memory(own, belief.text, next(same, MemoryId(new_id())), belief)

        return make

    def memory(
        self,
        findings: Sequence[Finding],
        content: str,
        memory_id: MemoryId,
        belief: Belief | None = None,
    ) -> NewMemory:
        """One memory of what may have been found several times."""
        candidates = [f.candidate for f in findings]
        first = candidates[0]
        source = self._source(findings[0])
        kinds = [c.kind for c in candidates if c.kind != "relation"] or ["relation"]
        return NewMemory(
            id=memory_id,
            kind=kinds[0],
            content=content,
            data=self._data(findings, belief),
            provenance_origin=self.findings.origin,
            actor=self.findings.actor,
            method=self.findings.method,
            created_at=self.findings.now,
            session_id=source.session_id,
            valid_at=belief.valid_at if belief else first.valid_at,
            invalid_at=belief.invalid_at if belief else first.invalid_at,
            run_id=self.findings.run_id,
            evidence=tuple(self.evidence(findings)),
            state=belief.state if belief else State.ACTIVE,
            importance=max(c.importance for c in candidates),
            sensitivity=source.sensitivity,
            tags=tuple(dict.fromkeys(tag for c in candidates for tag in c.tags)),
        )

    def _data(self, findings: Sequence[Finding], belief: Belief | None) -> Payload:
        candidate = findings[0].candidate
        claim = self._any_claim(findings[0])
        data: dict[str, object] = {
            "confidence": max(f.candidate.confidence for f in findings),
            "form": str(candidate.form),
        }
        if candidate.subject is not None:
            data["subject"] = candidate.subject
        if claim is not None:
            value = belief.value if belief else claim.object.name
            data |= {"subject": claim.subject.name, "predicate": predicate_of(claim.predicate),
                     "object": value}  # fmt: skip
            if belief.negated if belief else claim.negated:
                data["negated"] = True
        return data

    def evidence(self, findings: Sequence[Finding]) -> Iterable[EvidenceLink]:
        """The passages that findings rest on."""
        for finding in findings:
            for span in finding.candidate.evidence:
                yield EvidenceLink(
                    episode_id=MemoryId(span.episode_id),
                    span=Span(start=span.start, end=span.end),
                    run_id=self.findings.run_id,
                )

    def mentions(self, holders: Mapping[MemoryId, MemoryId]) -> Iterable[MentionRow]:
        """Which episodes have to do with which entities, and which of the memories made of them."""
        for source in self.findings.sources.values():
            if source.speaker is not None:
                yield from self._mention(source.id, [source.speaker], "speaker")
            yield from self._mention(source.id, self.findings.mentions.get(source.id, ()), "named")
        for finding in self.findings.findings:
            claim, candidate = finding.candidate.claim, finding.candidate
            ends = (claim.subject, claim.object) if claim else ()
            if holder := holders.get(finding.id):
                yield from self._mention(holder, (*ends, *candidate.mentions), "about")
            for span in candidate.evidence[:1]:
                speaker = self.findings.sources[MemoryId(span.episode_id)].speaker
                others = [m for m in ends if m != speaker]
                yield from self._mention(MemoryId(span.episode_id), others, "named")

    def _mention(
        self, memory_id: MemoryId, mentions: Iterable[Mention], role: str
    ) -> Iterable[MentionRow]:
        for mention in mentions:
            if entity := self.named.ids.get(mention):
                yield MentionRow(
                    memory_id=memory_id, entity_id=entity, role=role, alias=mention.name
                )

    def _source(self, finding: Finding) -> Source:
        """The episode it was found in; what rests on a caller's word is its own source."""
        for span in finding.candidate.evidence:
            return self.findings.sources[MemoryId(span.episode_id)]
        return Source(id=finding.id)
