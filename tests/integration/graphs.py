"""Graphs for tests, written as a job writes them: each step one run that says what it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from stores import graph, revision, runs, spaces, usage, writing
from stores.database import WriteSession
from stores.graph import EntityRow, LinkRow, MentionRow, RelationRow
from stores.ids import MemoryId, new_id, now
from stores.names import normalised
from stores.records import EvidenceLink, MemCube, Method, NewMemory, Space, Span, State
from stores.runs import Change
from tests.fixtures.service import Service, Tenant, remember

METHOD = Method(name="test", version="1")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a fact or relation says of whom."""

    subject: MemoryId
    predicate: str
    object_id: MemoryId | None = None
    object: str = ""
    negated: bool = False


@dataclass(kw_only=True)
class Step:
    """One run under way: what it made and changed so far."""

    session: WriteSession
    space: Space
    run_id: UUID
    since: int
    changes: dict[MemoryId, Change] = field(default_factory=dict)

    async def entity(self, name: str, kind: str = "person", *aliases: str) -> MemoryId:
        """A new entity."""
        made = await self._store("entity", name)
        names = tuple(dict.fromkeys(normalised(n) for n in (name, *aliases)))
        row = EntityRow(id=made, name=name, kind=kind, aliases=names, bands=(1, 2))
        await graph.add_entities(self.session, self.space.id, [row], self.since, self.run_id)
        return made

    async def memory(
        self,
        content: str,
        claim: Claim | None = None,
        *,
        kind: str = "fact",
        evidence: Sequence[MemoryId] = (),
        about: Sequence[MemoryId] = (),
        **more: Any,
    ) -> MemoryId:
        """A new memory, its claim, and what it is about."""
        links = tuple(
            EvidenceLink(episode_id=episode_id, span=Span(start=0, end=5))
            for episode_id in evidence
        )
        made = await self._store(kind, content, evidence=links, **more)
        ends = list(about)
        if claim is not None:
            ends += [claim.subject, *([claim.object_id] if claim.object_id else [])]
            row = RelationRow(
                memory_id=made, subject_id=claim.subject, predicate=claim.predicate,
                object_id=claim.object_id, object=normalised(claim.object), form="state",
                negated=claim.negated, state=str(more.get("state", State.ACTIVE)),
                valid_at=more.get("valid_at"), invalid_at=more.get("invalid_at"),
            )  # fmt: skip
            await graph.add_relations(self.session, self.space.id, [row], self.since)
        await self.mention(made, *ends, role="about")
        return made

    async def mention(self, memory_id: MemoryId, *entities: MemoryId, role: str = "named") -> None:
        """A memory has to do with entities."""
        rows = [
            MentionRow(memory_id=memory_id, entity_id=entity, role=role, alias="so")
            for entity in dict.fromkeys(entities)
        ]
        await graph.add_mentions(self.session, self.space.id, rows, self.since, self.run_id)

    async def link(self, one: MemoryId, other: MemoryId, kind: str, weight: float = 1.0) -> None:
        """A typed link."""
        row = LinkRow(memory_id=one, target_id=other, kind=kind, weight=weight)
        await graph.add_links(self.session, self.space.id, [row], self.since, now(), self.run_id)

    async def confirm(self, memory_id: MemoryId, episode_id: MemoryId) -> None:
        """Another episode says the same."""
        link = EvidenceLink(episode_id=episode_id, span=Span(start=0, end=5), run_id=self.run_id)
        await writing.add_evidence(self.session, [(memory_id, link, now())])
        await usage.add_confirmations(self.session, {memory_id: 1})
        known = self.changes.get(memory_id, Change(memory_id=memory_id))
        self.changes[memory_id] = replace(known, confirmations=known.confirmations + 1)

    async def revise(self, memory_id: MemoryId, change: revision.Change) -> MemCube:
        """Change a memory."""
        cube = await revision.revise(self.session, self.space, memory_id, change, now=now())
        known = self.changes.get(memory_id, Change(memory_id=memory_id, before=cube.version - 1))
        self.changes[memory_id] = replace(known, after=cube.version)
        return cube

    async def end(self, memory_id: MemoryId, moment: datetime) -> MemCube:
        """It held until then."""
        return await self.revise(
            memory_id,
            lambda cube: replace(
                cube,
                lifecycle=replace(cube.lifecycle, state=State.SUPERSEDED),
                time=replace(cube.time, invalid_at=moment),
            ),
        )

    async def _store(self, kind: str, content: str, **more: Any) -> MemoryId:
        made = MemoryId(new_id())
        new = NewMemory(
            id=made, kind=kind, content=content, provenance_origin="derived", actor="service",
            method=METHOD, created_at=now(), run_id=self.run_id, **more,
        )  # fmt: skip
        await writing.store(self.session, self.space, [new])
        self.changes[made] = Change(memory_id=made, after=1)
        return made


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A tenant's space, and a hand that writes in it, one run at a time."""

    service: Service
    tenant: Tenant
    name: str

    @property
    def path(self) -> str:
        """Where the space is."""
        return f"/v1/spaces/{self.name}"

    async def episodes(self, *contents: str, **more: Any) -> list[MemoryId]:
        """Remember episodes, without anything being made of them."""
        sent = [{"content": content, **more} for content in contents]
        made = await remember(self.tenant.admin, self.name, *sent, consolidate=False)
        return [MemoryId(UUID(episode["id"])) for episode in made]

    async def run(self, work: Any) -> tuple[UUID, Any]:
        """Do some work as one run; returns its id and what the work returned."""
        run_id = new_id()
        async with self.service.parts.services.database.write(self.tenant.id) as session:
            space, _ = await spaces.ensure_space(session, self.name, now())
            since = await graph.next_version(session, space.id)
            step = Step(session=session, space=space, run_id=run_id, since=since)
            result = await work(step)
            await runs.add_run(
                session, space.id, run_id, job_id=None, method=METHOD,
                counts={"memories": len(step.changes)}, started_at=now(), finished_at=now(),
                notes=["a note"],
            )  # fmt: skip
            await runs.note_changes(session, run_id, list(step.changes.values()))
        return run_id, result

    async def get(self, path: str, status: int = 200, **query: Any) -> dict[str, Any]:
        """Ask the service."""
        answer = await self.tenant.admin.get(f"{self.path}{path}", params=query)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def post(self, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        """Have the service do something."""
        answer = await self.tenant.admin.post(path, json=body)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found
