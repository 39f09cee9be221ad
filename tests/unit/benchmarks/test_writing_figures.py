"""A storyline goes through a service and comes back as figures."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx
import pytest

from benchmarks.writing import tables
from benchmarks.writing.asking import Answer
from benchmarks.writing.sessions import from_text
from benchmarks.writing.space import Stored, stored
from benchmarks.writing.tables import Result

STORY = from_text("""# storyline: ada
# half: dev
# name: Ada
## session 1 | 2024-01-10 09:00
1 Ada: I live in Leeds.
 + Ada lives in Leeds. | lives_in = Leeds | #home1
## session 2 | 2024-03-10 09:00
1 Ada: I live in York now.
 + Ada lives in York. | lives_in = York | replaces #home1
2 Ada: Rome would be nice!
 - wish | Ada lives in Rome.
3 Ada: I row.
 + Ada rows.
## probes
today | Where does Ada live? | York | Leeds
2024-02-01 | Where did Ada live? | Leeds | York
""")


class Service:
    """Stores "Ada" for every "I" and closes a home when the next one comes."""

    def __init__(self) -> None:
        self.cubes: list[dict[str, Any]] = []
        self.erased = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.split("/", 4)[-1]
        body = json.loads(request.content or b"{}")
        if request.method == "DELETE":
            self.erased = True
            return httpx.Response(200, json={})
        if path.startswith("episodes"):
            return httpx.Response(
                201, json={"episodes": [self._store(e) for e in body["episodes"]]}
            )
        if path.startswith("status"):
            still = {"failed_jobs": 0, "pending_jobs": 0, "unembedded": 0, "memories": {}}
            return httpx.Response(200, json=still)
        if path == "recall":
            was = "as_of" in body
            return httpx.Response(200, json={"hits": [
                {"memory": c} for c in self.cubes if (c["lifecycle"]["state"] != "active") == was
            ]})  # fmt: skip
        if request.url.path.startswith("/v1/runs"):
            return httpx.Response(200, json={"counts": {"stored": 2, "rejected:question": 1}})
        return httpx.Response(200, json=self._page(path, dict(request.url.params)))

    def _store(self, episode: dict[str, Any]) -> dict[str, Any]:
        said = episode["content"]
        if said.startswith("I live"):
            for cube in self.cubes:
                cube["lifecycle"]["state"] = "superseded"
                cube["time"]["invalid_at"] = episode["occurred_at"]
            self.cubes.append({
                "id": f"m{len(self.cubes)}", "type": "semantic", "kind": "fact", "data": {},
                "content": said.replace("I live", "Ada lives"),
                "session": episode["session_id"],
                "provenance": {"run_id": "r1", "evidence": [
                    {"external_id": episode["external_id"], "span": [0, len(said)], "quote": said}
                ]},
                "time": {"valid_at": episode["occurred_at"], "invalid_at": None},
                "lifecycle": {"state": "active"},
            })  # fmt: skip
        return {"id": "e" + episode["external_id"], "external_id": episode["external_id"]}

    def _page(self, path: str, asked: dict[str, str]) -> dict[str, Any]:
        """One memory a page."""
        group = path.split("/")[1] if path.startswith("sessions/") else None
        found = [
            cube
            for cube in reversed(self.cubes)
            if cube["session"] == (group or cube["session"])
            and cube["lifecycle"]["state"] == asked.get("state", cube["lifecycle"]["state"])
        ]
        at = int(asked.get("cursor", 0))
        more = str(at + 1) if at + 1 < len(found) else None
        return {"items": found[at : at + 1], "next_cursor": more}


@pytest.fixture
def through() -> tuple[Stored, Service]:
    service = Service()
    transport = httpx.MockTransport(service)
    with httpx.Client(transport=transport, base_url="http://service") as client:
        return stored(client, STORY), service


def test_all_that_was_stored_is_read_and_the_space_erased(through: tuple[Stored, Service]) -> None:
    found, service = through

    assert [item.text for item in found.items] == ["Ada lives in York now.", "Ada lives in Leeds."]
    assert found.derived == {1: 1, 2: 1}
    assert found.counts == {"stored": 2, "rejected:question": 1}
    assert {answer for _, _, answer in found.answers} == {Answer.RIGHT}
    assert service.erased


def test_the_figures_of_a_run(through: tuple[Stored, Service]) -> None:
    found = tables.figures([tables.result(through[0])])

    assert (found["precision"], found["recall"]) == (1, pytest.approx(2 / 3))
    assert found["f1"] == pytest.approx(0.8)
    assert (found["update accuracy"], found["contradictions"], found["duplicates"]) == (1, 0, 0)
    assert (found["distractors resisted"], found["without a valid span"]) == (1, 0)
    assert found["probes"]["today, semantic"] == {"right": 1}
    rows = dict(tables.rows(found))
    assert rows["recall"] == "66.7%"
    assert rows["probes as of a date, everything"] == "100.0% right (right 1)"
    assert rows["bad"] == "none"


def test_what_was_missed_is_in_the_file(through: tuple[Stored, Service]) -> None:
    (raw,) = tables.raw([tables.result(through[0])])

    assert raw["missed"] == [{"turn": "2:3", "text": "Ada rows."}]
    assert raw["updates"] == [{"fact": "Ada lives in York.", "outcome": "correct"}]


def test_nothing_stored_is_no_division_by_zero() -> None:
    nothing = Stored(story=STORY, items=(), derived={}, counts=Counter(), answers=())
    found = tables.figures([Result(stored=nothing, judged=())])

    assert (found["precision"], found["recall"], found["f1"]) == (0, 0, 0)
    assert found["outcomes"]["omitted"] == 1
