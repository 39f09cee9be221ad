"""Every operation of the HTTP edge, with a request for it: what the tests over all routes share.

A new route needs a line here; until it has one, a test fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient, Response

from memory_service.auth import Role


@dataclass(frozen=True, kw_only=True)
class Names:
    """What a request may name: the things of one tenant."""

    space: str
    space_id: str
    memory_id: str
    episode_id: str
    job_id: str
    run_id: str
    recall_id: str
    key_id: str
    session_id: str
    external_id: str
    entity_id: str
    refinement_id: str

    @property
    def adapter_id(self) -> str:
        """An id in the space; adapters of two tenants meet in `test_adapters`."""
        return self.memory_id


#: A body of lines of JSON is made as a list.
Body = Callable[[Names], Mapping[str, Any] | list[dict[str, Any]]]
Query = Callable[[Names], Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method on one path: the least role it takes, a body and a query that make sense."""

    needs: Role | None
    body: Body | None = None
    query: Query = lambda _: {}
    #: Whether it is about one space, or something in one.
    in_space: bool = True


def _reads(**more: Any) -> Operation:
    return Operation(needs=Role.READER, **more)


def _writes(**more: Any) -> Operation:
    return Operation(needs=Role.WRITER, **more)


def _manages(**more: Any) -> Operation:
    return Operation(needs=Role.ADMIN, **more)


_OPEN = Operation(needs=None, in_space=False)
_QUESTION = {"query": "Where is the ruby of the maharaja hidden?", "explain": True}


def _exported(names: Names) -> list[dict[str, Any]]:
    """An export that claims to be of the named space, and to rest on the named episode."""
    moment = "2026-05-08T13:56:00Z"
    header = {"format": "memory-service/1", "space": names.space, "space_id": names.space_id}
    version = {
        "version": 1, "text_version": 1, "content": "It rained all day", "data": {},
        "session_id": None, "state": "active", "origin": "written", "actor": "somebody",
        "method": {"name": "write", "version": "1"}, "run_id": names.run_id, "occurred_at": None,
        "valid_at": None, "invalid_at": None, "created_at": moment, "expired_at": None,
        "expires_at": None, "importance": 0.5, "pinned": False, "trust": 0.5, "sensitivity": [],
        "visibility": "space", "legal_hold": False, "tags": [],
    }  # fmt: skip
    evidence = {"episode_id": names.episode_id, "span": [0, 5], "created_at": moment}
    fact = {"id": names.memory_id, "type": "semantic", "kind": "fact"}
    return [
        {**header, "exported_at": moment},
        {**fact, "versions": [version], "evidence": [evidence]},
    ]


_SPACE = "/v1/spaces/{space}"
_MEMORY = _SPACE + "/memories/{memory_id}"
_ADAPTER = _SPACE + "/adapters/{adapter_id}"

OPERATIONS: dict[str, Operation] = {
    "GET /healthz": _OPEN,
    "GET /readyz": _OPEN,
    "GET /metrics": _OPEN,
    "GET /problems/{code}": _OPEN,
    "GET /v1/spaces": _reads(in_space=False),
    f"GET {_SPACE}": _reads(),
    f"PUT {_SPACE}": _writes(body=lambda _: {"policies": {"purpose": "all"}}),
    f"PATCH {_SPACE}": _writes(body=lambda _: {"policies": {"purpose": "none"}}),
    f"DELETE {_SPACE}": _manages(),
    f"GET {_SPACE}/status": _reads(),
    f"POST {_SPACE}/consolidate": _writes(),
    f"POST {_SPACE}/episodes": _writes(
        body=lambda names: {
            "episodes": [{"content": "It rained all day", "external_id": names.external_id}],
            "consolidate": False,
        },
    ),
    f"GET {_SPACE}/sessions": _reads(),
    f"GET {_SPACE}/sessions/{{session_id}}/derived": _reads(),
    f"GET {_SPACE}/memories": _reads(query=lambda names: {"session_id": names.session_id}),
    f"POST {_SPACE}/memories": _writes(
        body=lambda names: {
            "kind": "fact",
            "content": "It rained all day",
            "evidence": [{"episode_id": names.episode_id}],
        },
    ),
    f"GET {_MEMORY}": _reads(),
    f"PATCH {_MEMORY}": _writes(body=lambda _: {"content": "There is no ruby"}),
    f"DELETE {_MEMORY}": _writes(query=lambda _: {"mode": "erase"}),
    f"GET {_MEMORY}/history": _reads(),
    f"GET {_MEMORY}/lineage": _reads(),
    f"GET {_MEMORY}/links": _reads(),
    f"GET {_MEMORY}/fading": _reads(),
    f"GET {_MEMORY}/closure": _writes(),
    f"GET {_MEMORY}/refinements": _reads(),
    f"DELETE {_MEMORY}/refinements/{{refinement_id}}": _writes(),
    f"POST {_MEMORY}/rollback": _writes(body=lambda _: {"version": 1}),
    f"POST {_MEMORY}/pin": _writes(body=lambda _: {"pinned": True}),
    f"POST {_MEMORY}/confirm": _writes(),
    f"GET {_SPACE}/entities": _reads(query=lambda _: {"q": "vizier"}),
    f"GET {_SPACE}/entities/{{entity_id}}": _reads(),
    f"POST {_SPACE}/entities/{{entity_id}}/merge": _writes(
        body=lambda names: {"into": names.entity_id}
    ),
    f"POST {_SPACE}/entities/{{entity_id}}/split": _writes(),
    f"POST {_SPACE}/relations": _writes(
        body=lambda _: {"relations": [{"subject": "Ann", "predicate": "knows", "object": "Bo"}]}
    ),
    f"GET {_SPACE}/relations": _reads(query=lambda names: {"subject": names.entity_id}),
    f"GET {_SPACE}/graph": _reads(query=lambda names: {"center": names.entity_id}),
    f"GET {_SPACE}/communities": _reads(),
    f"GET {_SPACE}/blocks": _reads(),
    f"GET {_SPACE}/blocks/{{name}}": _reads(),
    f"PUT {_SPACE}/blocks/{{name}}": _writes(body=lambda _: {"text": "Answer in short"}),
    f"DELETE {_SPACE}/blocks/{{name}}": _writes(),
    f"GET {_SPACE}/prefixes": _reads(),
    f"POST {_SPACE}/prefixes": _writes(),
    f"GET {_SPACE}/adapters": _reads(),
    f"POST {_SPACE}/adapters": _manages(body=lambda _: {"dry_run": True}),
    f"POST {_SPACE}/adapters/import": _manages(),
    f"GET {_ADAPTER}": _reads(),
    f"GET {_ADAPTER}/export": _manages(),
    f"POST {_ADAPTER}/activate": _manages(),
    f"POST {_ADAPTER}/shadow": _manages(body=lambda _: {"share": 0.5}),
    f"POST {_ADAPTER}/rollback": _manages(),
    f"POST {_ADAPTER}/retire": _manages(),
    f"GET {_SPACE}/paths": _reads(
        query=lambda names: {"from": names.entity_id, "to": names.entity_id}
    ),
    f"GET {_SPACE}/timeline": _reads(query=lambda names: {"entity": names.entity_id}),
    f"GET {_SPACE}/diff": _reads(query=lambda _: {"from": "2020-01-01", "to": "2100-01-01"}),
    f"GET {_SPACE}/runs": _reads(),
    f"POST {_SPACE}/recall": _reads(body=lambda _: _QUESTION),
    f"POST {_SPACE}/context": _reads(body=lambda _: {**_QUESTION, "budget_tokens": 300}),
    f"POST {_SPACE}/answer": _reads(body=lambda _: _QUESTION),
    f"POST {_SPACE}/why": _reads(body=lambda names: {**_QUESTION, "memory_id": names.memory_id}),
    "POST /v1/recall": _reads(body=lambda names: {**_QUESTION, "spaces": [names.space]}),
    "POST /v1/recalls/{recall_id}/feedback": _writes(
        body=lambda names: {"used": [names.memory_id], "outcome": "success"}
    ),
    "POST /v1/chat/completions": _writes(
        body=lambda names: {
            "messages": [{"role": "user", "content": "It rained all day"}],
            "memory": {"space": names.space, "session_id": names.session_id},
        },
    ),
    "GET /v1/models": _reads(in_space=False),
    f"GET {_SPACE}/rankers": _reads(),
    f"POST {_SPACE}/rankers/revert": _manages(),
    f"POST {_SPACE}/export": _reads(),
    f"POST {_SPACE}/import": _manages(body=_exported),
    "GET /v1/stats/model-usage": _reads(query=lambda names: {"space": names.space}),
    "GET /v1/stats/overview": _reads(query=lambda names: {"space": names.space}),
    "GET /v1/stats/spaces": _reads(in_space=False),
    "GET /v1/stats/growth": _reads(query=lambda names: {"space": names.space}),
    "GET /v1/stats/latency": _reads(in_space=False),
    "GET /v1/stats/prefix-cache": _reads(in_space=False),
    "GET /v1/principal": _reads(in_space=False),
    "GET /v1/settings": _manages(in_space=False),
    "GET /v1/jobs": _reads(query=lambda names: {"space": names.space}),
    "GET /v1/jobs/{job_id}": _reads(),
    "POST /v1/jobs/{job_id}/retry": _writes(),
    "POST /v1/jobs/{job_id}/cancel": _writes(),
    "GET /v1/runs/{run_id}": _reads(),
    "POST /v1/runs/{run_id}/undo": _writes(),
    "GET /v1/keys": _manages(in_space=False),
    "POST /v1/keys": _manages(
        in_space=False,
        body=lambda names: {"name": "new", "role": "reader", "spaces": [names.space]},
    ),
    "DELETE /v1/keys/{key_id}": _manages(in_space=False),
}

#: Pages about the service itself, which hold nothing of any tenant.
ABOUT = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"}

CLOSED = [name for name, operation in OPERATIONS.items() if operation.needs is not None]


async def send(client: AsyncClient, name: str, names: Names) -> Response:
    """Call an operation, naming these things."""
    operation = OPERATIONS[name]
    method, _, path = name.partition(" ")
    return await client.request(
        method,
        path.format(**vars(names), adapter_id=names.adapter_id, code="not-found", name="rules"),
        params=dict(operation.query(names)),
        content=_as_text(None if operation.body is None else operation.body(names)),
        headers={"Content-Type": "application/json"},
    )


def _as_text(body: Mapping[str, Any] | list[dict[str, Any]] | None) -> bytes | None:
    if body is None:
        return None
    lines = body if isinstance(body, list) else [body]
    return "\n".join(map(json.dumps, lines)).encode()


def operations_of(app: FastAPI) -> Iterator[str]:
    """Every operation the app answers, as `METHOD /path`, but the pages about itself."""
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            yield f"{method.upper()} {path}"
    for route in app.routes:
        path = getattr(route, "path", None)
        if path is not None and path not in ABOUT:
            for method in getattr(route, "methods", None) or ():
                if method != "HEAD":
                    yield f"{method} {path}"
