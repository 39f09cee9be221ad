"""Runs the migrations: a transaction each, one migrator at a time, never waiting long."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection, text

from stores.schema import PARTITIONS, metadata

#: Any number will do, as long as every migrator takes the same one.
_ADVISORY_LOCK = 7_306_291_101


def _ours(_object: Any, name: str | None, type_: str, reflected: bool, _to: Any) -> bool:  # noqa: FBT001
    """Leave partitions, per-model indexes and the queue's own tables out of comparisons."""
    if not reflected or name is None:
        return True
    parent, _, number = name.rpartition("_p")
    partition = parent in metadata.tables and number.isdigit() and int(number) < PARTITIONS
    queue = name.startswith(("procrastinate_", "idx_procrastinate"))
    return not (partition or queue or (type_ == "index" and "vectors_hnsw_" in name))


def _run(connection: Connection) -> None:
    connection.execute(text("SET lock_timeout = '4s'; SET statement_timeout = '10min'"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            transaction_per_migration=True,
            include_object=_ours,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})
        connection.commit()


_run(context.config.attributes["connection"])
