# Generated from _async/operations.py by generate_sync.py; change that.
"""What belongs to the tenant rather than to one space: spaces, keys, jobs and runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from memory_sdk._answers import Job, Key, NewKey, Page, SpaceInfo
from memory_sdk._sync.http import Http
from memory_sdk._sync.pager import Pager
from memory_sdk._calls import delete, get, path, post
from memory_sdk._graph_answers import Run, UndoResult
from memory_sdk._options import Role


class Spaces:
    """The spaces the key covers, as `client.spaces`."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, *, limit: int | None = None) -> Pager[SpaceInfo]:
        """Spaces by name; `limit` is how many are asked for at a time."""
        return Pager(self._http, get("/v1/spaces", limit=limit), Page[SpaceInfo])


class Keys:
    """The API keys of the tenant, as `client.keys`; for admins."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def create(
        self,
        name: str,
        role: Role,
        *,
        spaces: Sequence[str] | None = None,
        expires_at: datetime | None = None,
    ) -> NewKey:
        """A new key for these spaces, or for all; its `.key` is shown this once.

        made = client.keys.create("mail agent", "writer", spaces=["alice"])
        made.key
        """
        limits = {"spaces": spaces, "expires_at": expires_at}
        call = post("/v1/keys", {"name": name, "role": role, **limits})
        return self._http.answer(call, NewKey)

    def list(self, *, limit: int | None = None) -> Pager[Key]:
        """The keys, without the secrets."""
        return Pager(self._http, get("/v1/keys", limit=limit), Page[Key])

    def revoke(self, key_id: str) -> None:
        """Make a key useless."""
        self._http.send(delete(path("v1", "keys", key_id)))


class Jobs:
    """Queued work, as `client.jobs`."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(
        self, *, space: str | None = None, state: str | None = None, limit: int | None = None
    ) -> Pager[Job]:
        """Jobs, newest first; those that failed for good have the state `failed`."""
        call = get("/v1/jobs", space=space, state=state, limit=limit)
        return Pager(self._http, call, Page[Job])

    def get(self, job_id: str) -> Job:
        """One job and how far it has come."""
        return self._http.answer(get(path("v1", "jobs", job_id)), Job)

    def retry(self, job_id: str) -> Job:
        """Give a failed or cancelled job another round; raises Conflict in other states."""
        return self._http.answer(post(path("v1", "jobs", job_id, "retry")), Job)

    def cancel(self, job_id: str) -> Job:
        """Give up a job that is not running; raises Conflict in other states."""
        return self._http.answer(post(path("v1", "jobs", job_id, "cancel")), Job)


class Runs:
    """Executions that made memories, as `client.runs`."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def get(self, run_id: str) -> Run:
        """One run, with what it made and changed."""
        return self._http.answer(get(path("v1", "runs", run_id)), Run)

    def undo(self, run_id: str, *, cascade: bool = False) -> UndoResult:
        """Take back all that a run did; with `cascade` also later runs that built on it.

        Raises Conflict, which names these, where there are any; and for a run undone already.
        """
        call = post(path("v1", "runs", run_id, "undo"), {"cascade": cascade})
        return self._http.answer(call, UndoResult)
