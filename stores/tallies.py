"""Sums of what was noted, added to counts that are kept; see `stores.census`, `stores.owed`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import TextClause

from stores.database import WriteSession

#: Notes that are added up in one transaction.
AT_ONCE = 5000


async def add_up(
    session: WriteSession,
    sql: TextClause,
    names: Sequence[str],
    sums: Mapping[tuple[Any, ...], int],
) -> None:
    """Run a statement that adds `n` by key, in columns: of each name a list, and `n`."""
    changed = [(*key, n) for key, n in sums.items() if n]
    if changed:
        columns = zip(*changed, strict=True)
        await session.execute(sql, **dict(zip((*names, "n"), map(list, columns), strict=True)))
