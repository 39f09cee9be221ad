"""The graph of a space as columns, for computing over it as a whole.

The server puts each column together, so that a hundred thousand rows cost no work per row here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import numpy as np
from numpy import float32, float64
from numpy.typing import NDArray
from sqlalchemy import text

from stores.database import ReadSession
from stores.ids import MemoryId, SpaceId
from stores.records import Space
from stores.scope import Filter, visible
from stores.search import Search

#: (n,) the 16 bytes of each id; they sort as PostgreSQL's do.
Ids = NDArray[np.bytes_]
ID = np.dtype("S16")

_MERGED: LiteralString = """
        string_agg(uuid_send(e.memory_id), '') AS merged,
        string_agg(uuid_send(coalesce(e.merged_into, e.memory_id)), '') AS merged_into
        FROM entities e WHERE e.tenant_id = :tenant AND e.space_id = :space"""
_RELATED: LiteralString = """
        string_agg(uuid_send(r.memory_id), '') AS relations,
        string_agg(uuid_send(r.subject_id), '') AS subjects,
        string_agg(uuid_send(r.object_id), '') AS objects"""
_NAMING: LiteralString = """
        string_agg(uuid_send(n.memory_id), '') AS units,
        string_agg(uuid_send(n.entity_id), '') AS named FROM mentions n"""
_ALIKE: LiteralString = """
        string_agg(uuid_send(l.memory_id), '') AS ones,
        string_agg(uuid_send(l.target_id), '') AS others,
        string_agg(float4send(l.weight), '') AS likenesses
        FROM links l WHERE l.tenant_id = :tenant AND l.space_id = :space
          AND l.link_kind = 'synonym'"""
#: Which mentions and which relations.
_MENTIONS: LiteralString = "n.tenant_id = :tenant AND n.space_id = :space AND n.role = 'named'"
_CLAIMS: LiteralString = """r.tenant_id = :tenant AND r.space_id = :space
          AND r.object_id IS NOT NULL AND NOT r.negated"""
#: By entities_since_idx and its like: what came since a version, all there is since 0. One
#: statement, so that the rows are those of the version. Nothing that was read before something was
#: taken away is of use; what has ended matters only to whoever read it before.
_SINCE = text(f"""
    SELECT g.version, g.since, e.*, r.*, n.*, l.*
    FROM (SELECT version, CASE WHEN taken_at <= :known THEN :known ELSE 0 END AS since
          FROM graph_versions WHERE tenant_id = :tenant AND space_id = :space) g
    CROSS JOIN LATERAL (SELECT {_MERGED}
          AND e.since > g.since AND (g.since > 0 OR e.merged_into IS NOT NULL)) e
    CROSS JOIN LATERAL (SELECT {_RELATED},
        string_agg(float8send(CASE WHEN r.state <> 'active' THEN '-Infinity'
                                   WHEN r.invalid_at IS NULL THEN 'Infinity'
                                   ELSE CAST(extract(epoch FROM r.invalid_at) AS float8) END), '')
            AS ends
        FROM relations r WHERE {_CLAIMS}
          AND r.since > g.since AND (g.since > 0 OR r.state = 'active')) r
    CROSS JOIN LATERAL (SELECT {_NAMING}
        WHERE {_MENTIONS} AND n.since > g.since) n
    CROSS JOIN LATERAL (SELECT {_ALIKE} AND l.since > g.since) l
""")
#: What a past time knew, from the versions of the memories that say so. What was merged since
#: then stays merged.
_AS_OF: LiteralString = f"""
    SELECT 0 AS version, 0 AS since, e.*, r.*, n.*, l.*
    FROM (SELECT {_MERGED} AND e.merged_into IS NOT NULL) e,
    (SELECT {_RELATED},
        string_agg(float8send('Infinity'), '') AS ends
        FROM relations r JOIN memories m ON m.memory_id = r.memory_id
        WHERE {_CLAIMS} AND {{conditions}}) r,
    (SELECT {_NAMING} JOIN memories m ON m.memory_id = n.memory_id
        WHERE {_MENTIONS} AND {{conditions}}) n,
    (SELECT {_ALIKE} AND l.created_at <= coalesce(:known, l.created_at)) l
"""
#: By entity_aliases_pk.
_CALLED = text("""
    SELECT a.space_id, a.memory_id, g.version
    FROM unnest(CAST(:aliases AS text[])) AS x(alias)
    CROSS JOIN unnest(CAST(:spaces AS uuid[])) AS s(space_id)
    CROSS JOIN LATERAL (
        SELECT space_id, memory_id FROM entity_aliases
        WHERE tenant_id = :tenant AND space_id = s.space_id AND alias = x.alias OFFSET 0) a
    JOIN graph_versions g ON g.tenant_id = :tenant AND g.space_id = a.space_id
""")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rows:
    """What makes up the graph of a space, in columns."""

    #: Entities that were merged, and into which; into itself if that was undone.
    merged: Ids
    merged_into: Ids
    #: What claims that one entity has to do with another, and until when (seconds since 1970):
    #: -inf if that holds no more, inf if no end is known.
    relations: Ids
    subjects: Ids
    objects: Ids
    ends: NDArray[float64]
    #: The memories that name entities.
    units: Ids
    named: Ids
    #: Entities that may be the same, and how alike they are, 0..1.
    ones: Ids
    others: Ids
    likenesses: NDArray[float32]

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(getattr(self, name).nbytes for name in self.__slots__)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Changes:
    """The rows of a graph at a version: all, or what came since the version that was named."""

    version: int
    whole: bool
    rows: Rows


class Called(NamedTuple):
    """An entity that goes by one of several names, and the version of the graph it is in."""

    space_id: SpaceId
    entity_id: MemoryId
    version: int


async def changes(search: Search, space: SpaceId, known: int) -> Changes | None:
    """What changed in a space's graph since a known version, 0 for none; None if it has none."""
    async with _reading(search) as session:
        row = await session.row(_SINCE, space=space, known=known)
    if row is None:
        return None
    return Changes(version=row.version, whole=row.since == 0, rows=_rows(row))


async def as_of(search: Search, space: Space) -> Rows:
    """The graph of a space as of the time that is searched."""
    limits = Filter(states=search.limits.states, as_of=search.limits.as_of)
    conditions = visible(replace(search.scope, spaces=(space,)), limits)
    statement = text(_AS_OF.format(conditions=conditions.sql))
    values = {"known": None, **conditions.values, "space": space.id}
    async with _reading(search) as session:
        row = await session.row(statement, **values)
    return _rows(row)


async def called(search: Search, aliases: Collection[str]) -> list[Called]:
    """The entities that go by one of the names, which are normalised."""
    async with _reading(search) as session:
        rows = await session.rows(_CALLED, aliases=list(aliases), spaces=search.scope.space_ids)
    return list(map(Called._make, rows))


def packed(ids: Sequence[UUID]) -> Ids:
    """Ids as a column."""
    return np.frombuffer(b"".join(one.bytes for one in ids), dtype=ID)


def unpacked(ids: Ids) -> list[MemoryId]:
    """The ids of a column."""
    held = ids.tobytes()
    return [MemoryId(UUID(bytes=held[n : n + 16])) for n in range(0, len(held), 16)]


def _reading(search: Search) -> AbstractAsyncContextManager[ReadSession]:
    return search._database.single(search.scope.tenant)


def _rows(row: Any) -> Rows:
    def column(name: str, dtype: Any = ID) -> Any:
        return np.frombuffer(getattr(row, name) or b"", dtype=dtype)

    return Rows(
        merged=column("merged"),
        merged_into=column("merged_into"),
        relations=column("relations"),
        subjects=column("subjects"),
        objects=column("objects"),
        ends=column("ends", ">f8").astype(float64),
        units=column("units"),
        named=column("named"),
        ones=column("ones"),
        others=column("others"),
        likenesses=column("likenesses", ">f4").astype(float32),
    )
