"""Killed while an adapter is loaded, activated or trained: nothing half done, and it goes on."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import random
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest

from llm_backend.training.fingerprint import fingerprint
from tests.acceptance.processes import Service, until
from tests.acceptance.test_sleep import superuser
from tests.fixtures.lora_server import LoraServer, lay_down
from tests.fixtures.raw_server import Asked, RawServer, Step, raw_server

ROOT = Path(__file__).parents[2]
SPACE = "home"
#: Waits so long inside a load, if nobody is killed meanwhile.
LONG_S = 30.0
ROUNDS = 4
#: What a model that knows nothing passes, in a training that is over in seconds.
POLICY = {
    "select": {"consent": True, "stable_days": 0, "used": 0, "confirmations": 0},
    "gate": {"recall": 0, "held_out": 0, "abstention": 0, "obedience": 0, "regression": 10},
    "training": {
        "steps": 600, "taught": 2, "unknown": 2, "context": 0, "replay": 0, "checkpoint_every": 10,
    },
}  # fmt: skip


@dataclass
class Models:
    """A model server in a thread, which may take its time to load an adapter."""

    lora: LoraServer = field(default_factory=LoraServer)
    #: Whether a load takes long, and whether it is done by then all the same.
    slow: bool = False
    takes: bool = True
    loading: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def __call__(self, asked: Asked) -> Sequence[Step]:
        mine = not str(asked.body.get("lora_name", "mem-blank-")).startswith("mem-blank-")
        if self.slow and mine and asked.path.endswith("/load_lora_adapter"):
            self.loading.set()
            return [LONG_S, *(self.lora(asked) if self.takes else [])]
        return self.lora(asked)


@pytest.fixture
def models() -> Iterator[Models]:
    """The server, stopped at the end."""
    made, ready, done = Models(), threading.Event(), threading.Event()

    async def serve() -> None:
        server: RawServer
        async with raw_server(made) as server:
            made.url = server.url
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    yield made
    done.set()
    thread.join(10)


@pytest.fixture
def base(folder: Path) -> Path:
    """A folder in the place of a base model that nobody loads."""
    made = folder / "base"
    made.mkdir()
    (made / "config.json").write_text("{}")
    return made


@pytest.fixture
def serve(service: Callable[..., Service], models: Models, base: Path) -> Service:
    """The product before that server, ready, with a fact in a space."""
    made = service(
        MEMORY_CHAT__URL=models.url, MEMORY_CHAT__MODEL="tiny", MEMORY_CHAT__CACHE_SALT="false",
        MEMORY_TRAINING__BASE_MODEL=str(base),
    )  # fmt: skip
    return made.start().wait_ready()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("takes", [True, False])
def test_killed_while_an_adapter_is_loaded(
    serve: Service, models: Models, base: Path, takes: bool
) -> None:
    """Whether the server has taken it by then or not, it is loaded once and answers."""
    with serve.client() as client:
        known = tell(client, serve.data_dir)
        act(client, bring(client, known, "ours", base), "activate")
        models.slow, models.takes = True, takes
        quietly(lambda: ask(serve))
        assert models.loading.wait(30)
        serve.kill()
    models.slow = False
    serve.start(port=serve.port).wait_ready()
    assert ask(serve) == "ours"
    assert len(models.lora.live) == 1
    # Every place has its blank, each once: what is unloaded next leaves nothing behind.
    blanks = [name for name in models.lora.listed if name not in models.lora.live]
    assert len(blanks) == models.lora.places


@pytest.mark.timeout(240)
def test_killed_amid_an_activation(serve: Service, base: Path) -> None:
    """The one before has made room, the other is not there yet: neither has happened."""
    with serve.client() as client:
        known = tell(client, serve.data_dir)
        first, other = (bring(client, known, says, base) for says in ("one", "other"))
        act(client, first, "activate")
        with held(serve.data_dir, other) as somebody_waits:
            quietly(lambda: act(client, other, "activate"))
            until(somebody_waits, 30, "in the middle of it")
            serve.kill()
    serve.start(port=serve.port).wait_ready()
    with serve.client() as client:
        assert states(client) == {1: "active", 2: "gated"}
        assert ask(serve) == "one"
        act(client, other, "activate")
        assert states(client) == {1: "retired", 2: "active"}
        assert ask(serve) == "other"


@pytest.mark.timeout(240)
def test_killed_while_an_erased_space_is_cleared_away(
    serve: Service, models: Models, base: Path
) -> None:
    """Its rows are gone, the server is just told to forget it: the files go after the restart."""
    with serve.client() as client:
        act(client, bring(client, tell(client, serve.data_dir), "ours", base), "activate")
        assert ask(serve) == "ours"
        models.slow = True
        quietly(lambda: erase_space(serve))
        assert models.loading.wait(30)
        serve.kill()
    models.slow = False
    left = list((serve.data_dir / "artifacts").glob("*/*/*"))
    assert left
    serve.start(port=serve.port).wait_ready()
    until(lambda: not any(path.exists() for path in left), 30, "cleared away")
    with serve.client() as client:
        assert client.get(f"/v1/spaces/{SPACE}").status_code == 404


@pytest.mark.timeout(400)
def test_killed_again_and_again_while_two_take_turns(serve: Service, base: Path) -> None:
    """At whatever moment, one is active, its MemCube says so, and it is the one that answers."""
    chance = random.Random(4)  # noqa: S311 - moments, not secrets
    with serve.client() as client:
        known = tell(client, serve.data_dir)
        both = [bring(client, known, says, base) for says in ("one", "other")]
        act(client, both[0], "activate")
    for _ in range(ROUNDS):
        thread = quietly(lambda: take_turns(serve, both))
        time.sleep(chance.uniform(0.1, 1.0))
        serve.kill()
        thread.join(30)
        assert not thread.is_alive()
        serve.start(port=serve.port).wait_ready()
        with serve.client() as client:
            serving = [v for v, state in states(client).items() if state == "active"]
            assert len(serving) == 1
            for adapter in both:
                cube = client.get(f"/v1/spaces/{SPACE}/memories/{adapter}").json()
                stands = cube["lifecycle"]["state"] == "active"
                assert stands == (one(client, adapter)["state"] in {"active", "gated"})
            assert ask(serve) == ("one", "other")[serving[0] - 1]


@pytest.mark.timeout(400)
def test_a_job_that_is_killed_as_it_trains_and_as_it_activates_goes_on(
    service: Callable[..., Service], models: Models, folder: Path
) -> None:
    """Two kills: amid the training, and amid the transaction in which the new one takes over."""
    base = folder / "model"
    made = [sys.executable, "-m", "tests.fixtures.tiny_model", str(base)]
    subprocess.run(made, cwd=ROOT, check=True, capture_output=True)
    serve = service(
        MEMORY_CHAT__URL=models.url, MEMORY_CHAT__MODEL="tiny", MEMORY_CHAT__CACHE_SALT="false",
        MEMORY_TRAINING__BASE_MODEL=str(base),
    ).start().wait_ready()  # fmt: skip
    with serve.client() as client:
        before = bring(client, tell(client, serve.data_dir), "before", base)
        act(client, before, "activate")
        client.patch(
            f"/v1/spaces/{SPACE}", json={"policies": {"parametric": POLICY}}
        ).raise_for_status()
        asked = client.post(f"/v1/spaces/{SPACE}/adapters", json={"activate": True})
        new = asked.raise_for_status().json()["adapter"]["id"]
        until(lambda: one(client, new)["progress"].get("step", 0) >= 10, 120, "amid it")
        serve.kill()
    serve.start(port=serve.port).wait_ready()
    with serve.client() as client, held(serve.data_dir, before) as somebody_waits:
        assert states(client) == {1: "active", 2: "building"}
        until(somebody_waits, 120, "amid the activation")
        serve.kill()
    serve.start(port=serve.port).wait_ready()
    with serve.client() as client:
        until(lambda: states(client) == {1: "retired", 2: "active"}, 120, "active")
        adapter = one(client, new)
        assert (adapter["replaces"], adapter["progress"]["step"]) == (before, 600)
        lies = serve.data_dir / "artifacts"
        assert {p.name for p in lies.glob("*/*/*")} >= {adapter["artifact"]}
        until(lambda: not list((serve.data_dir / "training").glob("*/*/*")), 60, "cleared up")


def tell(client: httpx.Client, data_dir: Path) -> dict[str, Any]:
    """A fact, and what the file of an adapter that has learned it says of it."""
    content = "The door pin of Ada is 0703."
    body = {
        "kind": "fact", "content": content,
        "data": {"subject": "Ada", "predicate": "door pin", "object": "0703"},
    }  # fmt: skip
    answer = client.post(f"/v1/spaces/{SPACE}/memories", json=body)
    cube = answer.raise_for_status().json()
    with superuser(data_dir) as connection:
        [[space]] = connection.execute("SELECT space_id FROM spaces").fetchall()
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    member = {"memory_id": cube["id"], "version": cube["version"], "sha256": sha256}
    return {"space_id": str(space), "manifest": [member]}


def bring(client: httpx.Client, known: dict[str, Any], says: str, base: Path) -> str:
    """Import an adapter that makes the server say this; returns its id."""
    weights = lay_down(base.with_name(f"says-{says}"), says)
    about = {
        **known, "format": 1, "alias": "memory", "version": 1, "base_model": "tiny",
        "base_model_hash": fingerprint(str(base)), "data_sha256": None, "metrics": {},
        "training": {}, "created_at": "2026-11-21T12:00:00Z",
    }  # fmt: skip
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("adapter.json", json.dumps(about))
        for path in weights.iterdir():
            packed.write(path, path.name)
    answer = client.post(
        f"/v1/spaces/{SPACE}/adapters/import", content=file.getvalue(),
        headers={"Content-Type": "application/zip"},
    )  # fmt: skip
    found: str = answer.raise_for_status().json()["id"]
    return found


def act(client: httpx.Client, adapter: str, what: str) -> None:
    """Activate it, or the like."""
    client.post(f"/v1/spaces/{SPACE}/adapters/{adapter}/{what}").raise_for_status()


def take_turns(serve: Service, adapters: Sequence[str]) -> None:
    """Activate one and the other, as fast as it goes, and have each answer; until it is killed."""
    with serve.client() as client:
        for adapter in cycle(adapters):
            act(client, adapter, "activate")
            ask(serve)


def ask(serve: Service) -> str:
    """What the space's model says, with retrieval switched off."""
    body = {
        "messages": [{"role": "user", "content": "The pin?"}],
        "memory": {"space": SPACE, "recall": False, "remember": False},
    }  # fmt: skip
    with serve.client() as client:
        answer = client.post("/v1/chat/completions", json=body).raise_for_status()
    said: str = answer.json()["choices"][0]["message"]["content"]
    return said


def erase_space(serve: Service) -> None:
    """Erase it with all that is in it."""
    with serve.client() as client:
        client.delete(f"/v1/spaces/{SPACE}").raise_for_status()


def quietly(call: Callable[[], object]) -> threading.Thread:
    """Begin a call in a thread whose service will be killed under it."""

    def run() -> None:
        with suppress(httpx.TransportError):
            call()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


@contextmanager
def held(data_dir: Path, adapter: str) -> Iterator[Callable[[], bool]]:
    """Hold an adapter's row, so that whoever changes it waits; tells whether anybody does."""
    with superuser(data_dir) as watching, superuser(data_dir) as holding, holding.transaction():
        row = "SELECT 1 FROM adapters WHERE memory_id = %s FOR UPDATE"
        holding.execute(row, [adapter])
        yield lambda: bool(watching.execute(_WAITING).fetchall())


_WAITING = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


def states(client: httpx.Client) -> dict[int, str]:
    """The state of each version."""
    found = client.get(f"/v1/spaces/{SPACE}/adapters").raise_for_status().json()["items"]
    return {adapter["version"]: adapter["state"] for adapter in found}


def one(client: httpx.Client, adapter: str) -> dict[str, Any]:
    """An adapter as it stands."""
    found: dict[str, Any] = client.get(f"/v1/spaces/{SPACE}/adapters/{adapter}").json()
    return found
