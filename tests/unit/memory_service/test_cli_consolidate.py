"""`consolidate` waits until every job it asked for is over, and tells how each ended."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx

from memory_service.cli.consolidate import _watch

SERVICE = "http://memory"


class Service:
    """Two jobs, of which one takes a while and the other ends as it is told to."""

    def __init__(self, other: str = "succeeded") -> None:
        self.other = other
        self.asked: list[Any] = []
        self.looks: Counter[str] = Counter()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.asked.append(json.loads(request.content))
            return httpx.Response(202, json={"job_ids": ["one", "two"]})
        job_id = request.url.path.rpartition("/")[2]
        self.looks[job_id] += 1
        state = self.other
        if job_id == "one":
            state = "succeeded" if self.looks["one"] > 2 else "running"
        return httpx.Response(200, json={
            "id": job_id, "name": f"job-{job_id}", "state": state, "error": None,
            "progress": {"done": self.looks[job_id], "total": None}, "run_ids": ["r1"],
        })  # fmt: skip

    def client(self) -> httpx.Client:
        """A client of it."""
        return httpx.Client(transport=httpx.MockTransport(self), base_url=SERVICE)


def test_what_is_over_is_not_looked_at_again() -> None:
    service = Service()
    seen: list[list[str]] = []
    with service.client() as http:
        ended = _watch(http, ["one", "two"], lambda jobs: seen.append([j["state"] for j in jobs]))
    assert [job["state"] for job in ended] == ["succeeded", "succeeded"]
    assert service.looks == {"one": 3, "two": 1}
    assert seen[0] == ["running", "succeeded"]
    assert seen[-1] == ["succeeded", "succeeded"]


def test_nothing_to_wait_for_is_told_at_once() -> None:
    seen: list[object] = []
    with Service().client() as http:
        assert _watch(http, [], seen.append) == []
    assert seen == [[]]
