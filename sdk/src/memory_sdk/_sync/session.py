# Generated from _async/session.py by generate_sync.py; change that.
"""One session of a space."""

from __future__ import annotations

from memory_sdk._sync.http import Http
from memory_sdk._calls import get, path
from memory_sdk._graph_answers import Derived


class Session:
    """The episodes of one conversation, as `space.session(id)`."""

    def __init__(self, http: Http, space: str, session_id: str) -> None:
        self.id = session_id
        self._http = http
        self._path = path("v1", "spaces", space, "sessions", session_id)

    def derived(self, *, cursor: str | None = None, limit: int | None = None) -> Derived:
        """What was stored because of it: counts by kind, entities, runs, and a page of memories.

        found = space.session("monday").derived()
        found.counts, [memory.content for memory in found.items]
        """
        call = get(f"{self._path}/derived", cursor=cursor, limit=limit)
        return self._http.answer(call, Derived)
