"""What calls about the graph, about time and about runs send, and the models they answer with."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from memory_sdk import Conflict

from tests.unit.sdk.service import collected, cube, done, problem

WHEN = datetime(2026, 5, 8, 13, 56, tzinfo=UTC)
ISO = "2026-05-08T13:56:00Z"
AT = "2026-05-08T13%3A56%3A00%2B00%3A00"
S = "/v1/spaces/alice"
ANA = {"id": "e1", "name": "Ana"}
ENTITY = {**ANA, "kind": "person", "aliases": ["ana"], "mentions": 2, "merged_into": None,
          "version": 1, "time": {"valid_at": ISO, "created_at": ISO}}  # fmt: skip
RELATION = {"id": "m1", "subject": ANA, "predicate": "age", "object": {"value": "40"},
            "negated": False, "form": "state", "state": "active", "valid_at": None,
            "invalid_at": None, "evidence": []}  # fmt: skip
DETAIL = {**ENTITY, "memory": cube(kind="entity"), "merged": [ENTITY],
          "synonyms": [{**ANA, "weight": 0.8}], "relations": [RELATION],
          "memories": [cube()]}  # fmt: skip
REGROUPED = {"run_id": "r1", "entity": DETAIL}
SUBGRAPH = {
    "nodes": [{**ANA, "kind": "person", "mentions": 2, "community": 0}],
    "edges": [{"source": "e1", "target": "e2", "predicate": "knows", "relation_id": "m1"}],
    "truncated": False,
}
STEP = {"source": ANA, "target": {"id": "e2", "name": "Ben"}, "relation": RELATION,
        "memory": None, "evidence": []}  # fmt: skip
TOLD = {"id": "m1", "type": "semantic", "kind": "fact", "content": "x", "state": "superseded",
        "at": ISO, "valid_at": ISO, "invalid_at": ISO, "period": "2023-01 – 2024-06"}  # fmt: skip
DERIVED = {"session_id": "s/1", "episodes": 2, "counts": {"fact": 1}, "runs": ["r1"],
           "entities": [{**ANA, "mentions": 1}], "items": [cube()],
           "next_cursor": None}  # fmt: skip
RUN = {"id": "r1", "space": "alice", "started_at": ISO, "notes": ["n"], "undone_at": ISO,
       "changes": [{"memory_id": "m1", "before": 1, "after": 2, "confirmations": 0}]}  # fmt: skip
UNDONE = {"run_id": "r2", "runs": ["r1"], "removed": ["m1"], "restored": []}

BLOCK = {"name": "rules", "version": 2, "text": "Be brief", "origin": "written", "actor": "a",
         "sources": [], "run_id": None, "created_at": ISO}  # fmt: skip

ADAPTER = {"id": "a1", "space": "alice", "version": 1, "alias": "memory", "state": "gated",
           "share": 0.0, "activate": False, "actor": "a", "base_model": "m",
           "base_model_hash": "0", "memories": 1, "created_at": ISO, "changed_at": ISO}  # fmt: skip
BUILD = {"adapter": ADAPTER, "learned": [], "excluded": [], "memories": 1, "reasons": {}}

#: (what is called, the answer, the method, the path with its query, the body)
CALLS: dict[str, tuple[Any, Any, str, str, Any]] = {
    "entity": (lambda c: c.space("alice").graph.entity("e1"), DETAIL, "GET",
        f"{S}/entities/e1", None),
    "entity-history": (lambda c: c.space("alice").graph.entity("e1", history=True), DETAIL, "GET",
        f"{S}/entities/e1?history=true", None),
    "merge": (lambda c: c.space("alice").graph.merge("e1", "e2"), REGROUPED, "POST",
        f"{S}/entities/e1/merge", {"into": "e2"}),
    "split": (lambda c: c.space("alice").graph.split("e1"), REGROUPED, "POST",
        f"{S}/entities/e1/split", None),
    "subgraph": (lambda c: c.space("alice").graph.subgraph("Ana", depth=2, as_of=WHEN), SUBGRAPH,
        "GET", f"{S}/graph?center=Ana&depth=2&as_of={AT}", None),
    "paths": (lambda c: c.space("alice").graph.paths("Ana", "Ben", k=1),
        {"items": [{"length": 1, "steps": [STEP]}]}, "GET", f"{S}/paths?from=Ana&to=Ben&k=1", None),
    "preview": (lambda c: c.space("alice").adapters.preview(), {**BUILD, "adapter": None}, "POST",
        f"{S}/adapters", {"dry_run": True}),
    "build": (lambda c: c.space("alice").adapters.build(activate=True), BUILD, "POST",
        f"{S}/adapters", {"alias": "memory", "activate": True}),
    "adapter": (lambda c: c.space("alice").adapters.get("a1"), ADAPTER, "GET",
        f"{S}/adapters/a1", None),
    "activate": (lambda c: c.space("alice").adapters.activate("a1"), ADAPTER, "POST",
        f"{S}/adapters/a1/activate", {}),
    "shadow": (lambda c: c.space("alice").adapters.shadow("a1", 0.05), ADAPTER, "POST",
        f"{S}/adapters/a1/shadow", {"share": 0.05}),
    "rollback": (lambda c: c.space("alice").adapters.rollback("a1"), ADAPTER, "POST",
        f"{S}/adapters/a1/rollback", None),
    "retire": (lambda c: c.space("alice").adapters.retire("a1"), ADAPTER, "POST",
        f"{S}/adapters/a1/retire", {}),
    "block": (lambda c: c.space("alice").blocks.get("rules"), BLOCK, "GET",
        f"{S}/blocks/rules", None),
    "put-block": (lambda c: c.space("alice").blocks.put("rules", "Be brief", version=1), BLOCK,
        "PUT", f"{S}/blocks/rules", {"text": "Be brief"}),
    "derived": (lambda c: c.space("alice").session("s/1").derived(limit=5), DERIVED, "GET",
        f"{S}/sessions/s%2F1/derived?limit=5", None),
    "run": (lambda c: c.runs.get("r1"), RUN, "GET", "/v1/runs/r1", None),
    "undo": (lambda c: c.runs.undo("r1", cascade=True), UNDONE, "POST", "/v1/runs/r1/undo",
        {"cascade": True}),
}  # fmt: skip
#: (the list, an item, the path with its query)
LISTS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "entities": (lambda c: c.space("alice").graph.entities("an", kind="person"), ENTITY,
        f"{S}/entities?q=an&kind=person"),
    "relations": (
        lambda c: c.space("alice").graph.relations(
            "Ana", "age", "40", as_of_known=WHEN, include_superseded=True),
        RELATION,
        f"{S}/relations?subject=Ana&predicate=age&object=40&as_of_known={AT}"
        "&include_superseded=true"),
    "timeline": (
        lambda c: c.space("alice").timeline(entity="Ana", since=WHEN, types=["semantic", "graph"]),
        TOLD, f"{S}/timeline?entity=Ana&from={AT}&types=semantic&types=graph"),
    "diff": (lambda c: c.space("alice").diff(WHEN, WHEN, axis="valid"),
        {"id": "m1", "change": "changed", "how": None, "before": cube(), "after": cube()},
        f"{S}/diff?from={AT}&to={AT}&axis=valid"),
    "runs": (lambda c: c.space("alice").runs(limit=3), RUN, f"{S}/runs?limit=3"),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_sends(serve: Any, name: str) -> None:
    call, answer, method, target, body = CALLS[name]
    service, client = serve(answer)
    assert await done(call(client))
    request = service.request
    assert (request.method, request.url.raw_path.decode()) == (method, target)
    assert (json.loads(request.content) if request.content else None) == body


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_sends(serve: Any, name: str) -> None:
    call, item, target = LISTS[name]
    service, client = serve({"items": [item], "next_cursor": None})
    [found] = await collected(call(client))
    assert found.id == item["id"]
    assert service.request.url.raw_path.decode() == target


async def test_answers_are_typed(serve: Any) -> None:
    _, client = serve(DETAIL)
    entity = await done(client.space("alice").graph.entity("e1"))
    assert (entity.relations[0].object.value, str(entity.relations[0].object)) == ("40", "40")
    assert (entity.memory.kind, entity.synonyms[0].weight) == ("entity", 0.8)
    _, client = serve(RUN)
    run = await done(client.runs.get("r1"))
    assert (run.changes[0].after, run.undone_at) == (2, WHEN)


async def test_an_undo_that_would_run_over_later_ones_is_a_conflict(serve: Any) -> None:
    _, client = serve(problem(409, "conflict"))
    with pytest.raises(Conflict):
        await done(client.runs.undo("r1"))
