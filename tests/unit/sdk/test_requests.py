"""What every call sends."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from memory_sdk import AsOf, Client, Episode

from tests.unit.sdk.service import collected, cube, done

WHEN = datetime(2026, 5, 8, 13, 56, tzinfo=UTC)
ISO = "2026-05-08T13:56:00Z"
NOW = {"created_at": ISO}
RECALL = {"recall_id": "r1", "hits": [], "abstained": True, "degraded": [], "timings_ms": {}}
ASKED = {"mode": "fast", "explain": True, "include_superseded": False, "query": "q"}
JUDGED = {"recall_id": "r1", "used": 1}
RANKER = {"version": 1, "base": "base-1", "state": "active", "weights": [0.5], **NOW}
WHY = {"memory_id": "m1", "recalled": True, "reasons": [], "excluded_by": []}
USED = {
    "model": "m",
    "prompt": "answer-1",
    "requests": 1,
    "prompt_tokens": 9,
    "completion_tokens": 2,
}
ANSWERED = {
    "answer": "Porto",
    "citations": [{"marker": "[1]", "memory_id": "m1", "quote": "x"}],
    "abstained": False,
    "recall_id": "r1",
    "usage": USED,
}
CONTEXT = {"text": "", "tokens": 0, "citations": [], "recall_id": "r1"}
FORGOTTEN = {"mode": "erase", "memory_id": "m1", "erased": 1, "memories": ["m1"]}
SPACE = {"name": "alice", "policies": {}, **NOW}
JOB = {"id": "j1", "space": "alice", "name": "embed", "state": "pending", "attempts": 0, **NOW}
RUN = {"id": "r1", "space": "alice", "started_at": ISO, "counts": {"facts": 2}}
KEY = {"id": "k1", "name": "n", "role": "reader", "spaces": ["a"], "key": "secret", **NOW}
LINEAGE = {"memory_id": "m1", "sources": [cube()], "derived": [], "edges": []}
STATUS = {"episodes": 1, "memories": {}, "pending_jobs": 0, "failed_jobs": 0, "unembedded": 0}
M = "/v1/spaces/alice/memories"

#: (what is called, the answer, the method, the path with its query, the body)
CALLS: dict[str, tuple[Any, Any, str, str, Any]] = {
    "recall": (lambda c: c.space("alice").recall("q"), RECALL, "POST",
        "/v1/spaces/alice/recall", {**ASKED, "k": 10}),
    "recall-all": (
        lambda c: c.space("alice").recall(
            "q", 3, types=["semantic"], kinds=["fact"], mode="deep", as_of=AsOf(valid=WHEN),
            time_range=(WHEN, None), reference_time=WHEN, session_id="s", filters={"tags": ["t"]},
            recent=["Who is Ana?"], without=["dense"], budget_tokens=9, explain=True,
            include_superseded=True),
        RECALL, "POST", "/v1/spaces/alice/recall",
        {"query": "q", "k": 3, "types": ["semantic"], "kinds": ["fact"], "mode": "deep",
         "as_of": {"valid": ISO, "known": None}, "time_range": {"from": ISO, "to": None},
         "reference_time": ISO, "session_id": "s", "filters": {"tags": ["t"]},
         "recent": ["Who is Ana?"], "without": ["dense"], "budget_tokens": 9, "explain": True,
         "include_superseded": True}),
    "recall-none": (
        lambda c: c.space("alice").recall("q", time_range=None, as_of=None, session_id=None),
        RECALL, "POST", "/v1/spaces/alice/recall", {**ASKED, "k": 10}),
    "recall-spaces": (lambda c: c.recall("q", spaces=["a", "b"]), RECALL, "POST", "/v1/recall",
        {**ASKED, "k": 10, "spaces": ["a", "b"]}),
    "why": (lambda c: c.space("alice").why("q", "m1", kinds=["fact"]), WHY, "POST",
        "/v1/spaces/alice/why", {**ASKED, "k": 10, "kinds": ["fact"], "memory_id": "m1"}),
    "context": (lambda c: c.space("alice").context("q", 500, kinds=["fact"]), CONTEXT, "POST",
        "/v1/spaces/alice/context", {**ASKED, "budget_tokens": 500, "kinds": ["fact"]}),
    "answer": (lambda c: c.space("alice").answer("q", 500, kinds=["fact"]), ANSWERED, "POST",
        "/v1/spaces/alice/answer", {**ASKED, "mode": "auto", "budget_tokens": 500,
         "kinds": ["fact"], "check_confidence": False}),
    "answer-deep": (
        lambda c: c.space("alice").answer("q", k=9, mode="deep", check_confidence=True), ANSWERED,
        "POST", "/v1/spaces/alice/answer", {**ASKED, "mode": "deep", "budget_tokens": 2000,
         "k": 9, "check_confidence": True}),
    "feedback": (
        lambda c: c.space("alice").feedback("r1", used=("m1",), irrelevant=["m2"]), JUDGED,
        "POST", "/v1/recalls/r1/feedback", {"used": ["m1"], "irrelevant": ["m2"]}),
    "feedback-outcome": (lambda c: c.feedback("r1", outcome="failure"), JUDGED, "POST",
        "/v1/recalls/r1/feedback", {"used": [], "irrelevant": [], "outcome": "failure"}),
    "revert-ranker": (
        lambda c: c.space("alice").revert_ranker(), {"items": [RANKER], "next_cursor": None},
        "POST", "/v1/spaces/alice/rankers/revert", None),
    "forget": (lambda c: c.space("alice").forget("m1"), FORGOTTEN, "DELETE",
        f"{M}/m1?mode=invalidate", None),
    "erase": (lambda c: c.space("alice").forget("m1", "erase", version=2), FORGOTTEN, "DELETE",
        f"{M}/m1?mode=erase", None),
    "status": (lambda c: c.space("alice").status(), STATUS, "GET",
        "/v1/spaces/alice/status", None),
    "stats-overview": (
        lambda c: c.stats.overview(space="a"),
        {"total": 1, "active": 1, "stale": 0,
         "memories": [{"type": "semantic", "kind": "fact", "state": "active", "tier": "hot",
                       "memories": 1, "stale": 0}],
         "backlog": {"embed": 0, "extract": 0, "held": 0, "segment": 0, "link": 0, "set_aside": 0},
         "jobs": {"scheduled": 0, "pending": 0, "running": 0, "failed": 0, "oldest_pending_s": 0.0,
                  "begun_last_hour": 0, "wait_p50_s": None, "wait_p95_s": None}},
        "GET", "/v1/stats/overview?space=a", None),
    "principal": (lambda c: c.principal(),
        {"key_id": "k1", "name": "n", "role": "reader", "spaces": ["a"]},
        "GET", "/v1/principal", None),
    "settings": (lambda c: c.settings(),
        {"items": [{"name": "MEMORY_LOG_LEVEL", "value": "INFO", "is_default": True,
                    "is_secret": False}], "next_cursor": None},
        "GET", "/v1/settings", None),
    "fading": (lambda c: c.space("alice").memories.fading("m1"),
        {"memory_id": "m1", "profile": "fact", "half_life_days": 90.0, "strength_days": None,
         "retention": 0.5, "tier": "warm", "fresh_at": ISO, "next_transition_at": None,
         "points": [{"at": ISO, "retention": 0.5}]},
        "GET", f"{M}/m1/fading", None),
    "closure": (lambda c: c.space("alice").memories.closure("m1"),
        {"memory_id": "m1", "total": 1, "memories": [cube()]},
        "GET", f"{M}/m1/closure", None),
    "stats-latency": (
        lambda c: c.stats.latency(minutes=5),
        {"since": ISO, "until": ISO, "step_s": 60, "operations": [], "steps": []},
        "GET", "/v1/stats/latency?minutes=5", None),
    "consolidate": (lambda c: c.space("alice").consolidate(), {"job_ids": ["j1"]}, "POST",
        "/v1/spaces/alice/consolidate", {}),
    "space-get": (lambda c: c.space("alice").get(), SPACE, "GET", "/v1/spaces/alice", None),
    "space-put": (lambda c: c.space("alice").put(), SPACE, "PUT", "/v1/spaces/alice",
        {"policies": {}}),
    "space-patch": (lambda c: c.space("alice").patch({"owner": None}), SPACE, "PATCH",
        "/v1/spaces/alice", {"policies": {"owner": None}}),
    "space-delete": (lambda c: c.space("alice").delete(), {"erased": 7}, "DELETE",
        "/v1/spaces/alice", None),
    "space-name": (lambda c: c.space("a/b c").get(), SPACE, "GET", "/v1/spaces/a%2Fb%20c", None),
    "memory-get": (lambda c: c.space("alice").memories.get("m1"), cube(), "GET", f"{M}/m1", None),
    "memory-create": (
        lambda c: c.space("alice").memories.create(
            "fact", "x", valid_at=WHEN, evidence=[{"external_id": "e", "span": (0, 1)}]),
        cube(), "POST", M,
        {"kind": "fact", "content": "x", "valid_at": ISO,
         "evidence": [{"external_id": "e", "span": [0, 1]}]}),
    "memory-update": (
        lambda c: c.space("alice").memories.update("m1", version=3, invalid_at=None, tags=["t"]),
        cube(), "PATCH", f"{M}/m1", {"invalid_at": None, "tags": ["t"]}),
    "lineage": (lambda c: c.space("alice").memories.lineage("m1"), LINEAGE, "GET",
        f"{M}/m1/lineage", None),
    "rollback": (lambda c: c.space("alice").memories.rollback("m1", 2), cube(), "POST",
        f"{M}/m1/rollback", {"version": 2}),
    "pin": (lambda c: c.space("alice").memories.pin("m1"), cube(), "POST", f"{M}/m1/pin",
        {"pinned": True}),
    "confirm": (lambda c: c.space("alice").memories.confirm("m1"), cube(), "POST",
        f"{M}/m1/confirm", None),
    "key-create": (
        lambda c: c.keys.create("n", "reader", spaces=["a"], expires_at=WHEN), KEY, "POST",
        "/v1/keys", {"name": "n", "role": "reader", "spaces": ["a"], "expires_at": ISO}),
    "job-get": (lambda c: c.jobs.get("j1"), JOB, "GET", "/v1/jobs/j1", None),
    "job-retry": (lambda c: c.jobs.retry("j1"), JOB, "POST", "/v1/jobs/j1/retry", None),
    "job-cancel": (lambda c: c.jobs.cancel("j1"), JOB, "POST", "/v1/jobs/j1/cancel", None),
    "run-get": (lambda c: c.runs.get("r1"), RUN, "GET", "/v1/runs/r1", None),
    "health": (lambda c: c.health(), {"status": "alive"}, "GET", "/healthz", None),
    "ready": (lambda c: c.ready(), {"status": "ready", "reasons": {}}, "GET", "/readyz", None),
}  # fmt: skip
#: (the list, the path with its query)
LISTS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "spaces": (lambda c: c.spaces.list(limit=5), SPACE, "/v1/spaces?limit=5"),
    "keys": (lambda c: c.keys.list(), KEY, "/v1/keys"),
    "jobs": (lambda c: c.jobs.list(space="a", state="failed"), JOB,
        "/v1/jobs?space=a&state=failed"),
    "sessions": (
        lambda c: c.space("alice").sessions(),
        {"session_id": "s", "episodes": 2, "begun_at": ISO, "spoken_at": ISO, "speakers": ["Ana"]},
        "/v1/spaces/alice/sessions"),
    "stats-spaces": (
        lambda c: c.stats.spaces(),
        {"space": "a", "memories": 1, "active": 1, "stale": 0, "unsearchable": 0,
         "unconsolidated": 0, "set_aside": 0, "pending_jobs": 0, "failed_jobs": 0,
         "oldest_pending_s": 0.0, "changed_at": None},
        "/v1/stats/spaces"),
    "model-usage": (
        lambda c: c.stats.model_usage(space="a", since=date(2026, 5, 7), until=date(2026, 5, 8)),
        {"space": "a", "day": "2026-05-07", "purpose": "extract", "model": "m", "requests": 1,
         "prompt_tokens": 3, "cached_tokens": 2, "completion_tokens": 1},
        "/v1/stats/model-usage?space=a&since=2026-05-07&until=2026-05-08"),
    "history": (lambda c: c.space("alice").memories.history("m1"), cube(), f"{M}/m1/history"),
    "rankers": (lambda c: c.space("alice").rankers(), RANKER, "/v1/spaces/alice/rankers"),
    "derived": (lambda c: c.space("alice").session_derived("s/1"), cube(),
        "/v1/spaces/alice/sessions/s%2F1/derived"),
    "memories": (
        lambda c: c.space("alice").memories.list(type="semantic", q="two words", as_of=WHEN),
        cube(),
        f"{M}?type=semantic&q=two+words&as_of=2026-05-08T13%3A56%3A00%2B00%3A00"),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_sends(serve: Any, name: str) -> None:
    call, answer, method, target, body = CALLS[name]
    service, client = serve(answer)
    result = await done(call(client))
    request = service.request
    assert (request.method, request.url.raw_path.decode()) == (method, target)
    assert (json.loads(request.content) if request.content else None) == body
    assert request.headers["authorization"] == "Bearer key"
    assert request.headers["user-agent"].startswith("memory-sdk/")
    assert result is not None


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_sends(serve: Any, name: str) -> None:
    call, item, target = LISTS[name]
    service, client = serve({"items": [item], "next_cursor": None})
    items = await collected(call(client))
    assert len(items) == 1
    assert service.request.url.raw_path.decode() == target


async def test_lists_read_all_pages_as_needed(serve: Any) -> None:
    service, client = serve(
        {"items": [cube(id="a"), cube(id="b")], "next_cursor": "next"},
        {"items": [cube(id="c")], "next_cursor": None},
    )
    memories = client.space("alice").memories
    found = await collected(memories.list(kind="fact", limit=2))
    assert [memory.id for memory in found] == ["a", "b", "c"]
    queries = [str(request.url.query, "ascii") for request in service.requests]
    assert queries == ["kind=fact&limit=2", "kind=fact&limit=2&cursor=next"]


async def test_one_page(serve: Any) -> None:
    service, client = serve({"items": [cube()], "next_cursor": "next"})
    page = await done(client.space("alice").memories.list().page("here"))
    assert page.next_cursor == "next"
    assert len(page.items) == len(service.requests) == 1
    assert service.request.url.params["cursor"] == "here"


async def test_revoking_a_key_has_no_answer(serve: Any) -> None:
    service, client = serve(httpx.Response(204))
    assert await done(client.keys.revoke("k1")) is None
    assert (service.request.method, service.request.url.path) == ("DELETE", "/v1/keys/k1")


@pytest.mark.parametrize(("version", "header"), [(3, '"3"'), (None, None)])
async def test_the_version_travels_as_if_match(
    serve: Any, version: int | None, header: str | None
) -> None:
    service, client = serve(FORGOTTEN)
    await done(client.space("alice").forget("m1", version=version))
    assert service.request.headers.get("if-match") == header
    service, client = serve(cube())
    await done(client.space("alice").memories.update("m1", version=3, content="x"))
    assert service.request.headers["if-match"] == '"3"'


@pytest.mark.parametrize("wrong", ["", ".", ".."])
def test_an_id_cannot_turn_a_call_into_another(wrong: str) -> None:
    with Client("http://memory.test", "key") as client:
        for call in (client.space("alice").forget, client.space, client.keys.revoke):
            with pytest.raises(ValueError, match="is no name or id"):
                call(wrong)


async def test_a_misspelt_option_is_refused(serve: Any) -> None:
    _, client = serve(RECALL)
    space = client.space("alice")
    for call in (
        lambda: space.recall("q", sesion_id="s"),
        lambda: space.remember("x", sesion_id="s"),
        lambda: space.memories.list(sort="id"),
        lambda: space.memories.create("fact", "x", tag="t"),
        lambda: space.memories.update("m1", version=1, text="x"),
    ):
        with pytest.raises(TypeError, match="unexpected keyword argument"):
            await done(call())


REMEMBERED = {"episodes": [{"id": "e1", "external_id": None, "status": "stored"}], "job_ids": ["j"]}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("hi", [{"content": "hi", "session_id": "s"}]),
        (["a", "b"], [{"content": "a", "session_id": "s"}, {"content": "b", "session_id": "s"}]),
        ({"content": "hi", "role": "user"},
         [{"content": "hi", "role": "user", "session_id": "s"}]),
        (Episode(content="hi", occurred_at=WHEN, session_id="t"),
         [{"content": "hi", "occurred_at": ISO, "session_id": "t"}]),
    ],
)  # fmt: skip
async def test_remember_takes_texts_records_and_mappings(serve: Any, given: Any, sent: Any) -> None:
    service, client = serve(httpx.Response(201, json=REMEMBERED))
    result = await done(client.space("alice").remember(given, session_id="s", consolidate=False))
    assert service.request.url.path == "/v1/spaces/alice/episodes"
    assert service.body == {"episodes": sent, "consolidate": False}
    assert result.episodes[0].status == "stored"


async def test_feedback_takes_lists_of_ids(serve: Any) -> None:
    _, client = serve(JUDGED)
    for judge in (client.feedback, client.space("alice").feedback):
        with pytest.raises(TypeError, match="a list of memory ids"):
            await done(judge("r1", used="m1"))


async def test_feedback_is_sent_again_after_a_fault(serve: Any) -> None:
    service, client = serve(httpx.Response(503, headers={"Retry-After": "0"}), JUDGED)
    assert (await done(client.feedback("r1", used=["m1"]))).used == 1
    assert len(service.requests) == 2


async def test_remember_makes_a_key_or_takes_one(serve: Any) -> None:
    service, client = serve(REMEMBERED)
    space = client.space("alice")
    for key in (None, None, "mine"):
        await done(space.remember("x", idempotency_key=key))
    first, second, third = (r.headers["idempotency-key"] for r in service.requests)
    assert first != second
    assert third == "mine"


async def test_create_makes_a_key_or_takes_one(serve: Any) -> None:
    service, client = serve(cube())
    memories = client.space("alice").memories
    for key in (None, None, "mine"):
        await done(memories.create("fact", "x", idempotency_key=key))
    first, second, third = (r.headers["idempotency-key"] for r in service.requests)
    assert first != second
    assert third == "mine"


async def test_remember_many_goes_batch_by_batch(serve: Any) -> None:
    service, client = serve(REMEMBERED)
    told: list[int] = []
    result = await done(
        client.space("alice").remember_many(
            (str(n) for n in range(5)), batch_size=2, progress=told.append, speaker="Ana"
        )
    )
    sizes = [len(json.loads(r.content)["episodes"]) for r in service.requests]
    assert (sizes, told) == ([2, 2, 1], [2, 4, 5])
    assert service.body["episodes"] == [{"content": "4", "speaker": "Ana"}]
    assert len(result.episodes) == len(result.job_ids) == 3


async def test_remember_many_refuses_empty_batches(serve: Any) -> None:
    _, client = serve(REMEMBERED)
    with pytest.raises(ValueError, match="at least one"):
        await done(client.space("alice").remember_many(["x"], batch_size=0))


async def test_a_base_url_may_have_a_path() -> None:
    paths: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(200, json={"status": "alive"})

    with Client("http://host/memory/", "key", transport=httpx.MockTransport(handler)) as client:
        client.health()
    assert paths == ["/memory/healthz"]
