"""What the OpenAPI document promises holds for any request: answers of its shape, never a 500."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import requests
import schemathesis
from fastapi import FastAPI
from httpx import AsyncClient, Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.schemas import APIOperation

from memory_service.api.app import create_app
from memory_service.api.problems import _BY_STATUS, MEDIA_TYPE, explanations
from memory_service.settings import Settings
from tests.fixtures.service import HASH, Service, Tenant, remember, settle
from tests.integration.graphs import Desk

_FIELDS = {"type", "title", "status", "detail", "instance", "code", "request_id"}
#: Answers that are no problem documents although they are no success: probes and plain text.
_PLAIN = {"/readyz", "/problems/{code}"}
#: What takes a model server, or a model to train, and there is none: they say so.
_BY_A_MODEL = {
    "/v1/chat/completions", "/v1/models", "/v1/spaces/{space}/answer",
    "/v1/spaces/{space}/adapters", "/v1/spaces/{space}/adapters/import",
    "/v1/spaces/{space}/adapters/{adapter_id}/export",
}  # fmt: skip


def _label(part: APIOperation[Any, Any, Any, Any] | GenerationMode) -> str:
    return part.value if isinstance(part, GenerationMode) else part.label


def _operations(app: FastAPI) -> list[APIOperation[Any, Any, Any, Any]]:
    """Every operation of the document; those that delete come last."""
    schema = schemathesis.openapi.from_dict(app.openapi())
    found = [result.ok() for result in schema.get_all_operations()]
    return sorted(found, key=lambda operation: operation.method.upper() == "DELETE")


def _takes_something(operation: APIOperation[Any, Any, Any, Any]) -> bool:
    """Whether a call can be wrong in anything but its headers, which are any text.

    What a chat holds is judged by the model server: to us, every object is one.
    """
    described = operation.definition.raw
    if operation.path == "/v1/chat/completions":
        return False
    places = {parameter["in"] for parameter in described.get("parameters", ())}
    return "requestBody" in described or bool(places - {"header"})


load_all_checks()
CONFORMANCE = CHECKS.get_by_names(["response_schema_conformance", "content_type_conformance"])
OPERATIONS = _operations(create_app(Settings(embedding=HASH)))
#: Of the pages for everybody, and where nothing is sent, there is nothing to get wrong.
CASES = [
    (operation, mode)
    for operation in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE
    or (operation.path.startswith("/v1/") and _takes_something(operation))
]


@pytest.fixture(scope="module")
async def tenant(service: Service) -> Tenant:
    """A tenant that has something of everything."""
    return await service.tenant()


@pytest.fixture(scope="module")
def caller(tenant: Tenant) -> AsyncClient:
    """Its admin."""
    return tenant.admin


@pytest.fixture(scope="module")
async def known(service: Service, tenant: Tenant, caller: AsyncClient) -> dict[str, str]:
    """Path parameters that lead to things that exist, as long as nobody deletes them."""
    await remember(caller, "home", {"content": "I work at the aquarium", "session_id": "s"})
    await settle(caller, "home")
    query = {"type": "semantic"}
    desk = Desk(service=service, tenant=tenant, name="home")
    _, entity = await desk.run(lambda step: step.entity("Ida"))
    [fact] = (await caller.get("/v1/spaces/home/memories", params=query)).json()["items"]
    job = (await caller.get("/v1/jobs")).json()["items"][0]
    key = (await caller.post("/v1/keys", json={"name": "spare", "role": "reader"})).json()
    await caller.put("/v1/spaces/home/blocks/rules", json={"text": "Answer in short"})
    return {
        "space": "home",
        "memory_id": fact["id"],
        "session_id": "s",
        "job_id": job["id"],
        "entity_id": str(entity),
        "refinement_id": str(uuid4()),
        "run_id": fact["provenance"]["run_id"],
        "key_id": key["id"],
        "code": "not-found",
        "name": "rules",
    }


@pytest.mark.parametrize(("operation", "mode"), CASES, ids=_label)
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
async def test_any_request_gets_an_answer_as_documented(
    caller: AsyncClient,
    known: dict[str, str],
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    data: st.DataObject,
) -> None:
    path = None
    if mode is GenerationMode.POSITIVE and "{" in operation.path:
        path = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
    case = data.draw(operation.as_strategy(mode, path_parameters=path))
    answer = await _send(caller, case)

    away = operation.path in _BY_A_MODEL and answer.status_code == 503
    assert answer.status_code < 500 or operation.path in _PLAIN or away
    if answer.is_success:
        case.validate_response(answer, checks=CONFORMANCE)
    elif operation.path not in _PLAIN:
        _assert_is_problem(answer)


async def _send(client: AsyncClient, case: Case) -> Response:
    sent = requests.Request(**case.as_transport_kwargs(base_url="http://memory")).prepare()
    headers = {**sent.headers, **client.headers}
    return await client.request(str(sent.method), str(sent.url), content=sent.body, headers=headers)


def _assert_is_problem(answer: Response) -> None:
    assert answer.headers["content-type"] == MEDIA_TYPE, answer.text
    problem = answer.json()
    assert set(problem) - {"errors", "error"} == _FIELDS
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["code"] in explanations() or problem["code"] in _BY_STATUS.values()
    for error in problem.get("errors", []):
        assert set(error) == {"pointer", "detail"}
        assert error["detail"]


@pytest.mark.parametrize("code", sorted(explanations()))
async def test_every_code_has_a_page_that_explains_it(service: Service, code: str) -> None:
    answer = await (await service.client()).get(f"/problems/{code}")
    assert answer.status_code == 200
    assert len(answer.text.split("\n\n", 1)[1].strip()) > 20


async def test_every_operation_is_described(service: Service) -> None:
    for path, methods in service.app.openapi()["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], f"{method} {path}"
