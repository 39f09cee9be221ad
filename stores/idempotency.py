"""Idempotency keys: a repeated request is answered as the first one was, and done once."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import text

from stores.database import ReadSession, WriteSession
from stores.errors import IdempotencyConflict
from stores.records import Payload

_FIND = text("""
    SELECT request_hash, response FROM idempotency_keys WHERE tenant_id = :tenant AND key = :key
""")
_INSERT = text("""
    INSERT INTO idempotency_keys (tenant_id, key, request_hash, response, created_at)
    VALUES (:tenant, :key, :request_hash, CAST(:response AS jsonb), :now)
    ON CONFLICT (tenant_id, key) DO NOTHING
""")
_FORGET = text("""
    DELETE FROM idempotency_keys WHERE tenant_id = :tenant AND created_at < :before
""")


async def replay(session: ReadSession, key: str, request_hash: bytes) -> Payload | None:
    """The answer given to this request before, if it was; raises IdempotencyConflict."""
    row = await session.row(_FIND, key=key)
    if row is None:
        return None
    if bytes(row.request_hash) != request_hash:
        raise IdempotencyConflict("this Idempotency-Key was used with another request body")
    response: Payload = row.response
    return response


async def remember(
    session: WriteSession, key: str, request_hash: bytes, response: Payload, now: datetime
) -> bool:
    """Keep an answer; False if another request with the key was faster, so roll back and replay."""
    return bool(
        await session.execute(
            _INSERT,
            key=key,
            request_hash=request_hash,
            response=json.dumps(dict(response)),
            now=now,
        )
    )


async def forget_before(session: WriteSession, before: datetime) -> int:
    """Drop the keys of requests too old to be repeated."""
    return await session.execute(_FORGET, before=before)
