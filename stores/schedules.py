"""When the jobs of a space are due by themselves, and what that goes by.

A writer touches one row of its space, which says at once whether the schedule has to be made anew.
Who makes it holds that row, so that no change falls between what was read and what is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, text

from stores.database import ReadSession, WriteSession
from stores.ids import SpaceId

#: A session that nobody has spoken in for so long has ended.
QUIET = timedelta(minutes=30)
#: An alarm so late was lost, for instance with a queue restored from a backup.
_LOST = timedelta(minutes=1)
#: Sessions of a space that are told from new ones; so many may go on at once.
_SESSIONS = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Activity:
    """What has happened in a space since it was first written to."""

    changed_at: datetime
    changes: int
    memories: int
    #: How many sessions began; one taken up again after its end counts anew.
    begun: int
    #: When the latest message of any session came.
    spoken_at: datetime | None
    #: When the queue looks after the space next.
    alarm_at: datetime | None

    def ended(self, now: datetime) -> int:
        """How many sessions have ended: all but the latest, and that too once it is quiet."""
        quiet = self.spoken_at is None or now >= self.spoken_at + QUIET
        return self.begun if quiet else self.begun - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """When a job last began, or was first planned, and what had happened by then."""

    at: datetime
    changes: int = 0
    memories: int = 0
    ended: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """What of a schedule its writers have to know: up to where it holds."""

    #: Whether it holds for any change but these.
    planned: bool
    #: It is to be made anew at so many memories, and so many sessions begun.
    volume_at: int | None
    begun_at: int | None
    alarm_at: datetime | None


_TOUCH = text(f"""
    INSERT INTO activity AS a
        (tenant_id, space_id, changed_at, changes, memories, sessions, begun, spoken_at, planned)
    VALUES (:tenant, :space, :now, 1, :memories, CAST(:sessions AS bigint[]), :begun,
            CAST(:spoken_at AS timestamptz), false)
    ON CONFLICT (tenant_id, space_id) DO UPDATE SET
        changed_at = greatest(a.changed_at, excluded.changed_at),
        changes = a.changes + 1,
        memories = a.memories + excluded.memories,
        begun = a.begun + excluded.begun - CASE
            WHEN a.sessions && excluded.sessions AND a.spoken_at > :quiet_since THEN 1 ELSE 0 END,
        sessions = CASE WHEN a.sessions @> excluded.sessions THEN a.sessions
                        ELSE (excluded.sessions || a.sessions)[1:{_SESSIONS}] END,
        spoken_at = greatest(a.spoken_at, excluded.spoken_at)
    RETURNING a.planned AND (a.volume_at IS NULL OR a.memories < a.volume_at)
              AND (a.begun_at IS NULL OR a.begun < a.begun_at)
              AND (a.alarm_at IS NULL OR a.alarm_at > :lost_before)
""")
_LOCK = text("""
    SELECT * FROM activity WHERE tenant_id = :tenant AND space_id = :space FOR UPDATE
""")
_ALARM = text("""
    SELECT alarm_at FROM activity WHERE tenant_id = :tenant AND space_id = :space
""")
_RAN = text("""
    SELECT name, ran_at, changes, memories, ended FROM schedules
    WHERE tenant_id = :tenant AND space_id = :space
""")
_NOTE = text("""
    INSERT INTO schedules (tenant_id, space_id, name, ran_at, changes, memories, ended)
    VALUES (:tenant, :space, :name, :ran_at, :changes, :memories, :ended)
    ON CONFLICT (tenant_id, space_id, name) DO UPDATE SET
        ran_at = excluded.ran_at, changes = excluded.changes, memories = excluded.memories,
        ended = excluded.ended
""")
_WATCH = text("""
    UPDATE activity SET planned = :planned, volume_at = CAST(:volume_at AS bigint),
        begun_at = CAST(:begun_at AS bigint), alarm_at = CAST(:alarm_at AS timestamptz)
    WHERE tenant_id = :tenant AND space_id = :space
""")


async def touch(
    session: WriteSession, space: SpaceId, now: datetime, memories: int, sessions: Sequence[str]
) -> bool:
    """Note a change, `memories` new and `sessions` spoken in; whether the schedule still holds."""
    heard = [_told_apart(space, name) for name in dict.fromkeys(reversed(sessions))]
    holds: bool = await session.scalar(
        _TOUCH, space=space, now=now, memories=memories, sessions=heard[:_SESSIONS],
        begun=len(heard), spoken_at=now if heard else None, quiet_since=now - QUIET,
        lost_before=now - _LOST,
    )  # fmt: skip
    return holds


def _told_apart(space: SpaceId, name: str) -> int:
    """A number for a session: its name would outlive what was said in it."""
    return int.from_bytes(sha256(space.bytes + name.encode()).digest()[:8], signed=True)


async def hold(session: WriteSession, space: SpaceId) -> Activity | None:
    """What has happened, held until commit; None where nothing ever has."""
    row = await session.row(_LOCK, space=space)
    return None if row is None else _activity(row)


async def next_alarm(session: ReadSession, space: SpaceId) -> datetime | None:
    """When the queue looks after the space next; None if it need not."""
    at: datetime | None = await session.scalar(_ALARM, space=space)
    return at


async def list_ran(session: ReadSession, space: SpaceId) -> Mapping[str, Ran]:
    """Per job that was ever planned, when it last began."""
    rows = await session.rows(_RAN, space=space)
    return {
        row.name: Ran(at=row.ran_at, changes=row.changes, memories=row.memories, ended=row.ended)
        for row in rows
    }


async def note_ran(session: WriteSession, space: SpaceId, ran: Mapping[str, Ran]) -> None:
    """Note that jobs begin now, or are planned for the first time."""
    if ran:
        await session.execute_many(_NOTE, [
            {"space": space, "name": name, "ran_at": one.at, "changes": one.changes,
             "memories": one.memories, "ended": one.ended}
            for name, one in ran.items()
        ])  # fmt: skip


async def set_watch(session: WriteSession, space: SpaceId, watch: Watch) -> None:
    """Say up to where the schedule holds."""
    await session.execute(
        _WATCH, space=space, planned=watch.planned, volume_at=watch.volume_at,
        begun_at=watch.begun_at, alarm_at=watch.alarm_at,
    )  # fmt: skip


def _activity(row: Row[Any]) -> Activity:
    return Activity(
        changed_at=row.changed_at,
        changes=row.changes,
        memories=row.memories,
        begun=row.begun,
        spoken_at=row.spoken_at,
        alarm_at=row.alarm_at,
    )
