"""A space of the service: remembered, asked, erased. Turns are named by their external ids."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx

from benchmarks import service

BATCH = 200
_BUSY = {429, 503}
#: Seconds without any progress after which a service is taken to have stopped working.
_PATIENCE_S = 300


class Refused(Exception):
    """The service answered with an error, or does not go on."""


class Space:
    """One space, made for one conversation or library."""

    def __init__(self, client: httpx.Client, name: str) -> None:
        self._client = client
        self.name = name
        self._turns: dict[str, list[str]] = {}

    def set_policies(self, policies: dict[str, Any]) -> None:
        """Make the space with these."""
        self._call("PUT", "", {"policies": policies})

    def remember(self, episodes: Sequence[dict[str, Any]]) -> None:
        """Store them in batches and wait until all is processed."""
        for start in range(0, len(episodes), BATCH):
            body = {"episodes": episodes[start : start + BATCH], "consolidate": True}
            for stored in self._call("POST", "/episodes", body)["episodes"]:
                self._turns[stored["id"]] = [stored["external_id"]]
        self._settle()

    def consolidate(self, jobs: Sequence[str]) -> None:
        """Run these jobs and wait until all is processed."""
        self._call("POST", "/consolidate", {"jobs": list(jobs)})
        self._settle()

    def recall(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question; `hits` get the `turns` they rest on."""
        answer: dict[str, Any] = self._call("POST", "/recall", body)
        for hit in answer["hits"]:
            hit["turns"] = self._turns[hit["memory"]["id"]] = turns_of(hit["memory"])
        return answer

    def context(self, body: dict[str, Any]) -> tuple[str, set[str]]:
        """A text for a model, and the turns that it cites."""
        answer = self._call("POST", "/context", body)
        cited = (self._turns_of(one["memory_id"]) for one in answer["citations"])
        return answer["text"], {turn for turns in cited for turn in turns}

    def prefix(self) -> tuple[str, set[str]]:
        """What its chats begin with, and the turns behind it; nothing where there is none."""
        for one in self._call("GET", "/prefixes")["items"]:
            if one["shown"]:
                return one["text"], {t for m in one["members"] for t in self._turns_of(m)}
        return "", set()

    def erase(self) -> None:
        """Leave nothing behind."""
        self._call("DELETE", "")

    def _settle(self) -> None:
        """Wait until all is processed; give up when a job failed or nothing moves any more."""
        before, since = None, time.monotonic()
        while True:
            now = service.status(self._client, self.name)
            if now["failed_jobs"]:
                raise Refused(f"{now['failed_jobs']} jobs failed in {self.name}")
            if not now["pending_jobs"] and not now["unembedded"]:
                return
            moved = [now[name] for name in ("pending_jobs", "unembedded", "memories")]
            if moved != before:
                before, since = moved, time.monotonic()
            elif time.monotonic() - since > _PATIENCE_S:
                raise Refused(f"nothing has moved in {self.name} for {_PATIENCE_S} s: {now}")
            time.sleep(0.3)

    def _turns_of(self, memory_id: str) -> list[str]:
        if memory_id not in self._turns:
            self._turns[memory_id] = turns_of(self._call("GET", f"/memories/{memory_id}"))
        return self._turns[memory_id]

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """A busy service is asked again after the time it names."""
        for attempt in range(6):
            answer = self._client.request(method, f"/v1/spaces/{self.name}{path}", json=body)
            if answer.status_code not in _BUSY or attempt == 5:
                break
            time.sleep(float(answer.headers.get("Retry-After") or 1))
        if answer.is_error:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()


@contextmanager
def opened(client: httpx.Client, name: str) -> Iterator[Space]:
    """A space nobody else uses, erased in the end."""
    space = Space(client, f"quality-{name}-{uuid4().hex[:8]}")
    try:
        yield space
    finally:
        space.erase()


def turns_of(memory: dict[str, Any]) -> list[str]:
    """An episode stands for itself, a derived memory for its evidence, in order."""
    own = (memory.get("data") or {}).get("external_id")
    named = [own] if own else [e["external_id"] for e in memory["provenance"]["evidence"]]
    return list(dict.fromkeys(name for name in named if name))
