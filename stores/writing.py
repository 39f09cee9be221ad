"""Storing memories whole: header, evidence, passages, words, vectors, the work still owed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any
from uuid import UUID

from numpy import float32
from numpy.typing import NDArray
from sqlalchemy import text

from stores import backlog, labels, lexical, memories, usage, vectors
from stores.backlog import Stage
from stores.database import WriteSession
from stores.ids import MemoryId
from stores.kinds import get_kind
from stores.records import (
    EvidenceLink,
    Governance,
    Lifecycle,
    MemCube,
    MemoryType,
    NewMemory,
    Provenance,
    Space,
    Span,
    Times,
)

#: In one order, so that two writers of the same ids wait for each other only one way.
_ADD_EXTERNAL_ID = text("""
    INSERT INTO external_ids (tenant_id, space_id, external_id, memory_id, content_hash)
    SELECT :tenant, :space, x.external_id, x.memory_id, x.content_hash
    FROM unnest(CAST(:external_ids AS text[]), CAST(:memory_ids AS uuid[]),
                CAST(:hashes AS bytea[])) AS x(external_id, memory_id, content_hash)
    ORDER BY x.external_id
    ON CONFLICT (tenant_id, space_id, external_id) DO NOTHING
    RETURNING memory_id
""")
#: In one order as well.
_ADD_EVIDENCE = text("""
    INSERT INTO evidence
        (tenant_id, memory_id, episode_id, span_start, span_end, created_at, run_id)
    SELECT :tenant, e.memory_id, e.episode_id, e.span_start, e.span_end, e.created_at, e.run_id
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:episode_ids AS uuid[]),
                CAST(:starts AS int[]), CAST(:ends AS int[]), CAST(:since AS timestamptz[]),
                CAST(:run_ids AS uuid[]))
         AS e(memory_id, episode_id, span_start, span_end, created_at, run_id)
    ORDER BY e.memory_id, e.episode_id, e.span_start, e.span_end
    ON CONFLICT DO NOTHING
""")
ADD_DERIVATION = text("""
    INSERT INTO derivations (tenant_id, memory_id, source_id, operation)
    VALUES (:tenant, :memory_id, :source_id, :operation) ON CONFLICT DO NOTHING
""")
_ADD_PASSAGE = text("""
    INSERT INTO passages (tenant_id, memory_id, text_version, part, span_start, span_end)
    VALUES (:tenant, :memory_id, :text_version, :part, :span_start, :span_end)
    ON CONFLICT DO NOTHING
""")

#: Embeddings of a memory's parts, in order: (parts, dimensions).
Embeddings = NDArray[float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Embedded:
    """Embeddings made before the transaction, by memory, and the model they are of."""

    model: UUID
    by_memory: Mapping[MemoryId, Embeddings] = field(default_factory=dict)


def texts_of(kind: str, content: str, memory: MemCube | NewMemory) -> list[tuple[Span, str]]:
    """The parts of a memory and the text under which each is indexed and embedded."""
    rules = get_kind(kind)
    occurred_at = memory.time.occurred_at if isinstance(memory, MemCube) else memory.occurred_at
    spans = rules.split(content)
    return [(span, rules.render(span.of(content), memory.data, occurred_at)) for span in spans]


def cube_of(space: Space, new: NewMemory) -> MemCube:
    """Version 1 of a new memory."""
    return MemCube(
        id=new.id,
        version=1,
        space_id=space.id,
        space=space.name,
        type=get_kind(new.kind).type,
        kind=new.kind,
        content=new.content,
        data=new.data,
        session_id=new.session_id,
        provenance=Provenance(
            origin=new.provenance_origin, actor=new.actor, method=new.method, run_id=new.run_id
        ),
        time=Times(
            created_at=new.created_at,
            occurred_at=new.occurred_at,
            valid_at=new.valid_at,
            invalid_at=new.invalid_at,
        ),
        lifecycle=Lifecycle(state=new.state, importance=new.importance, expires_at=new.expires_at),
        governance=Governance(
            trust=new.trust, sensitivity=new.sensitivity, visibility=new.visibility
        ),
        tags=new.tags,
    )


async def store(
    session: WriteSession,
    space: Space,
    new: Sequence[NewMemory],
    embedded: Embedded | None = None,
) -> None:
    """Store memories, in one transaction with what is owed to them.

    What has no embedding yet is owed one; semantic memories and entities are owed links.
    """
    cubes = [cube_of(space, memory) for memory in new]
    await memories.insert(session, [row_of(cube) for cube in cubes])
    await usage.begin(session, space.id, [cube.id for cube in cubes])
    await _add_provenance(session, new)
    await labels.add(session, space.id, [c for c in cubes if c.type is not MemoryType.GRAPH])
    await index_texts(session, space, cubes, embedded)
    # A summary is near all that it tells of; that it tells of it stands in its sources.
    told = {c.id for c in cubes if c.kind == "summary" and c.provenance.origin == "derived"}
    linked = [
        c
        for c in cubes
        if (c.type is MemoryType.SEMANTIC and c.id not in told) or c.kind == "entity"
    ]
    owed = [(cube.id, cube.text_version) for cube in linked]
    await backlog.owe(session, space.id, Stage.LINK, owed)


async def claim_external_ids(
    session: WriteSession, space: Space, new: Sequence[NewMemory]
) -> set[MemoryId]:
    """Take the writers' ids for new episodes; those whose id is taken already are not returned."""
    named = [(n.external_id, n.id, content_hash(n.content)) for n in new if n.external_id]
    if not named:
        return {n.id for n in new}
    external_ids, ids, hashes = map(list, zip(*named, strict=True))
    rows = await session.rows(
        _ADD_EXTERNAL_ID, space=space.id, external_ids=external_ids, memory_ids=ids, hashes=hashes
    )
    return {row.memory_id for row in rows} | {n.id for n in new if not n.external_id}


async def index_texts(
    session: WriteSession,
    space: Space,
    cubes: Sequence[MemCube],
    embedded: Embedded | None,
) -> None:
    """Index the current text of versions by words, and by meaning as far as it is embedded.

    Entities and relations are found by meaning alone, and apart from the rest: their words are in
    the episodes already, and would crowd these out.
    """
    graph = [cube for cube in cubes if cube.type is MemoryType.GRAPH]
    if graph:
        await _index_graph(session, space, graph, embedded)
        cubes = [cube for cube in cubes if cube.type is not MemoryType.GRAPH]
    # A prefix says what others say that are found themselves.
    cubes = [cube for cube in cubes if not _is_prefix(cube)]
    if not cubes:
        return
    parts = {cube.id: texts_of(cube.kind, cube.content, cube) for cube in cubes}
    await session.execute_many(_ADD_PASSAGE, list(_passage_rows(cubes, parts)))
    done = embedded.by_memory if embedded is not None else {}
    if embedded is not None:
        indexed = [v for cube in cubes for v in vectors_of(cube, done.get(cube.id))]
        await vectors.index(session, space.id, embedded.model, indexed)
    owed = [(cube.id, cube.text_version) for cube in cubes if cube.id not in done]
    await backlog.owe(session, space.id, Stage.EMBED, owed)
    await lexical.index(session, space.id, [
        lexical.IndexedText(
            memory_id=cube.id, text_version=cube.text_version, part=n, text=words,
            said=span.of(cube.content),
        )
        for cube in cubes for n, (span, words) in enumerate(parts[cube.id])
    ])  # fmt: skip


def _is_prefix(cube: MemCube) -> bool:
    return cube.kind in {"prefix", "soft_prompt"} and cube.provenance.origin == "derived"


async def _index_graph(
    session: WriteSession, space: Space, cubes: Sequence[MemCube], embedded: Embedded | None
) -> None:
    done = embedded.by_memory if embedded is not None else {}
    if embedded is not None:
        indexed = [v for cube in cubes for v in vectors_of(cube, done.get(cube.id))]
        await vectors.index_graph(session, space.id, embedded.model, indexed)
    owed = [(cube.id, cube.text_version) for cube in cubes if cube.id not in done]
    await backlog.owe(session, space.id, Stage.EMBED, owed)


def per_memory(embeddings: Embeddings, parts: Sequence[int]) -> list[Embeddings]:
    """Cut the embeddings of many texts into those of each memory; `parts` says how many it has."""
    ends = list(accumulate(parts))
    starts = [0, *ends][: len(ends)]
    return [embeddings[start:end] for start, end in zip(starts, ends, strict=True)]


async def add_evidence(
    session: WriteSession, links: Sequence[tuple[MemoryId, EvidenceLink, datetime]]
) -> None:
    """Note what memories rest on, and since when that is known; what is noted already stays."""
    if links:
        await session.execute(
            _ADD_EVIDENCE,
            memory_ids=[memory_id for memory_id, _, _ in links],
            episode_ids=[link.episode_id for _, link, _ in links],
            starts=[link.span.start for _, link, _ in links],
            ends=[link.span.end for _, link, _ in links],
            since=[since for _, _, since in links],
            run_ids=[link.run_id for _, link, _ in links],
        )


def vectors_of(cube: MemCube, embeddings: Embeddings | None) -> list[vectors.IndexedVector]:
    """The vector rows of a version."""
    return [
        vectors.IndexedVector(
            memory_id=cube.id, text_version=cube.text_version, part=part, embedding=embedding
        )
        for part, embedding in enumerate(embeddings if embeddings is not None else ())
    ]


def row_of(cube: MemCube) -> dict[str, Any]:
    """The columns of a version, with the key under which equal statements meet."""
    return memories.row_of(cube, merge_key_of(cube))


def merge_key_of(cube: MemCube) -> bytes | None:
    """Equal for semantic memories of one kind that say the same in the same words."""
    if cube.type is not MemoryType.SEMANTIC:
        return None
    return merge_key(cube.kind, cube.content)


def merge_key(kind: str, content: str) -> bytes:
    """SHA-256 of the kind and the words, without case and spacing."""
    return content_hash(f"{kind}\n{' '.join(content.casefold().split())}")


def content_hash(content: str) -> bytes:
    """SHA-256 of the text."""
    return hashlib.sha256(content.encode()).digest()


async def _add_provenance(session: WriteSession, new: Sequence[NewMemory]) -> None:
    await add_evidence(session, [(n.id, e, n.created_at) for n in new for e in n.evidence])
    sources = [
        {"memory_id": n.id, "source_id": source, "operation": n.method.name}
        for n in new
        for source in n.derived_from
    ]
    await session.execute_many(ADD_DERIVATION, sources)


def _passage_rows(
    cubes: Sequence[MemCube], parts: Mapping[MemoryId, Sequence[tuple[Span, str]]]
) -> Sequence[dict[str, Any]]:
    """Rows for memories of more than one part; a single part is the whole text."""
    return [
        {
            "memory_id": cube.id,
            "text_version": cube.text_version,
            "part": part,
            "span_start": span.start,
            "span_end": span.end,
        }
        for cube in cubes
        if len(parts[cube.id]) > 1
        for part, (span, _) in enumerate(parts[cube.id])
    ]
