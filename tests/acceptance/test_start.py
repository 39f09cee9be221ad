"""Starting: the API answers at once and says why it is not ready; nothing is imported in vain."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.acceptance.processes import Service, environment, remember, settled, until

Start = Callable[..., Service]
#: The promise is 2 s; a busy machine that runs tests gets twice that.
ANSWERS_WITHIN_S = 4.0


def test_answers_while_it_starts(service: Start) -> None:
    """/healthz answers at once, /readyz gives reasons, calls are told to come again."""
    serve = service()
    began = time.monotonic()
    serve.start()
    until(lambda: serve.get("/healthz"), 20, "alive")
    answered = time.monotonic() - began
    ready = serve.get("/readyz")
    call = serve.get("/v1/spaces")
    serve.wait_ready()
    print(f"answered after {answered:.2f} s, ready after {time.monotonic() - began:.2f} s")
    assert answered < ANSWERS_WITHIN_S
    assert ready is not None
    assert ready.status_code == 503
    assert ready.json() == {"status": "not-ready", "reasons": {"database": "not open yet"}}
    assert call is not None
    assert call.status_code == 503
    assert call.headers["content-type"] == "application/problem+json"
    assert call.headers["retry-after"] == "1"
    assert call.json()["code"] == "not-ready"


@pytest.mark.timeout(120)
def test_the_packaged_model_loads_in_the_background(service: Start) -> None:
    """Before it is there, writes are taken and words are found; afterwards meaning is, too."""
    serve = service(MEMORY_EMBEDDING__BACKEND="local").start()
    until(lambda: open_but_loading(serve), 60, "open")
    with serve.client() as client:
        remember(client, "early", "My cat sleeps on the warm radiator.")
        question = {"query": "radiator"}
        found = client.post("/v1/spaces/early/recall", json=question).raise_for_status().json()
        assert found["hits"]
        serve.wait_ready(90)
        settled(client, "early")
        question = {"query": "Where does the pet nap?"}
        found = client.post("/v1/spaces/early/recall", json=question).raise_for_status().json()
        assert "dense" in found["hits"][0]["channels"]
        assert found["degraded"] == []


def open_but_loading(serve: Service) -> bool:
    """The database is open; whether the model is loaded by now does not matter."""
    answer = serve.get("/readyz")
    return answer is not None and "database" not in answer.json()["reasons"]


def test_torch_is_not_imported_without_need() -> None:
    """Neither for the command line nor for the service with a backend that does without."""
    program = """
import sys
import memory_service.cli
from memory_service.api.app import create_app
from memory_service.settings import Settings
create_app(Settings())
print([name for name in ("torch", "sentence_transformers", "transformers") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment({"MEMORY_EMBEDDING__BACKEND": "hash"}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_torch_is_not_loaded_by_a_working_service(service: Start) -> None:
    """Not even after a write, its jobs and a recall: the process maps none of torch's libraries."""
    serve = service().start().wait_ready()
    with serve.client() as client:
        remember(client, "light", "I moved to Porto.", "It rains here.")
        settled(client, "light")
        client.post("/v1/spaces/light/recall", json={"query": "Porto"}).raise_for_status()
    with open(f"/proc/{serve.pid}/maps") as maps:
        assert "libtorch" not in maps.read()
