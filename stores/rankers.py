"""Rankers: what a space has learned about ranking its memories, version by version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from stores.database import ReadSession, WriteSession
from stores.ids import SpaceId

_LIST = text("""
    SELECT * FROM rankers WHERE tenant_id = :tenant AND space_id = :space ORDER BY version DESC
    LIMIT :limit
""")
#: The space's row orders those who would add a version at the same time; writers of memories go on.
_LOCK = text("""
    SELECT 1 FROM spaces WHERE tenant_id = :tenant AND space_id = :space FOR NO KEY UPDATE
""")
_TAKEN_BACK = text("""
    SELECT max(reverted_at) FROM rankers WHERE tenant_id = :tenant AND space_id = :space
""")
_RETIRE = text("""
    UPDATE rankers SET state = 'retired'
    WHERE tenant_id = :tenant AND space_id = :space AND state = 'active'
""")
_INSERT = text("""
    INSERT INTO rankers
        (tenant_id, space_id, version, base, state, weights, metrics, created_at)
    SELECT :tenant, :space, coalesce(max(version), 0) + 1, :base, :state, :weights,
           CAST(:metrics AS jsonb), :now
    FROM rankers WHERE tenant_id = :tenant AND space_id = :space
""")
_ACTIVATE = text("""
    UPDATE rankers SET state = 'active'
    WHERE tenant_id = :tenant AND space_id = :space AND version = (
        SELECT max(version) FROM rankers
        WHERE tenant_id = :tenant AND space_id = :space AND state = 'retired'
          AND version < :version)
""")
_REVERT = text("""
    UPDATE rankers SET state = 'reverted', reverted_at = :now
    WHERE tenant_id = :tenant AND space_id = :space AND state = 'active' RETURNING version
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranker:
    """One version: what it adds to the weights of the base model, and how it measured.

    State `active` serves; `retired` served before; `rejected` was no better on recalls held out;
    `reverted` was taken back by a person.
    """

    version: int
    #: The base model whose features the weights belong to.
    base: str
    state: str
    weights: tuple[float, ...]
    metrics: Mapping[str, Any]
    created_at: datetime


async def list_rankers(session: ReadSession, space: SpaceId, limit: int) -> list[Ranker]:
    """The versions, newest first."""
    return [_ranker(row) for row in await session.rows(_LIST, space=space, limit=limit)]


async def taken_back(session: ReadSession, space: SpaceId) -> datetime | None:
    """When a version was last taken back; None if none was.

    What was recalled by then must not teach the next one the same.
    """
    found: datetime | None = await session.scalar(_TAKEN_BACK, space=space)
    return found


async def add_ranker(
    session: WriteSession,
    space: SpaceId,
    *,
    base: str,
    weights: tuple[float, ...],
    metrics: Mapping[str, Any],
    deploy: bool,
    now: datetime,
) -> None:
    """Record what was learned; `deploy` puts it in the place of the one that serves.

    Nothing, if the space was erased meanwhile.
    """
    if await session.row(_LOCK, space=space) is None:
        return
    if deploy:
        await session.execute(_RETIRE, space=space)
    await session.execute(
        _INSERT,
        space=space,
        base=base,
        state="active" if deploy else "rejected",
        weights=list(weights),
        metrics=json.dumps(dict(metrics)),
        now=now,
    )


async def revert(session: WriteSession, space: SpaceId, now: datetime) -> None:
    """Take the serving version back; the one before serves again, or the base model."""
    await session.row(_LOCK, space=space)
    reverted = await session.row(_REVERT, space=space, now=now)
    if reverted is not None:
        await session.execute(_ACTIVATE, space=space, version=reverted.version)


def _ranker(row: Row[Any]) -> Ranker:
    return Ranker(
        version=row.version,
        base=row.base,
        state=row.state,
        weights=tuple(row.weights),
        metrics=row.metrics,
        created_at=row.created_at,
    )
