"""The demo, and export and import from the command line, as somebody types them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.acceptance.conftest import Start
from tests.acceptance.processes import COMMAND, QUICK, environment, postgres_processes, until


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        env=environment(QUICK),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def served(service: Start) -> tuple[str, ...]:
    """The options that lead to a running service."""
    running = service().start().wait_ready()
    return ("--url", running.url, "--key", running.admin_key)


def test_the_demo_tells_its_story_twice_and_leaves_nothing_running(data_dir: Path) -> None:
    first = run("demo", "--json", "--data-dir", str(data_dir))
    again = run("demo", "--data-dir", str(data_dir))

    assert first.returncode == 0, first.stderr
    story = json.loads(first.stdout)
    assert story["faults"] == []
    assert story["processed"]["episodes"] == story["processed"]["stored"] > 200
    assert story["processed"]["facts"] > 50
    assert len(story["asked"]) == 8
    assert all(asked["hits"] for asked in story["asked"])
    assert story["block"]["tokens"] <= story["block"]["budget"]
    assert story["trail"]["quotes"][0]["text"] in story["trail"]["episodes"][0]
    assert story["recall_at_10"] > 0.5
    assert again.returncode == 0, again.stderr
    assert "319 known already" in again.stdout
    assert max(map(len, again.stdout.splitlines())) <= 100
    assert str(data_dir / "admin-key") in again.stdout
    assert not list(postgres_processes(data_dir))


def test_the_demo_keeps_serving_until_it_is_interrupted(data_dir: Path, folder: Path) -> None:
    log = folder / "demo.out"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [COMMAND, "demo", "--keep-serving", "--data-dir", str(data_dir)],
            env=environment({**QUICK, "PYTHONUNBUFFERED": "1"}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    until(lambda: b"Ctrl-C" in log.read_bytes() or process.poll() is not None, 90, what="served")
    children = psutil.Process(process.pid).children()
    url = next(word for word in log.read_text().split() if word.endswith("/docs"))

    assert f"{url.removesuffix('/docs')}/admin/" in log.read_text()
    assert httpx.get(url.removesuffix("/docs") + "/readyz").status_code == 200
    assert _not_to_be_seen(url.removesuffix("/docs"), (data_dir / "admin-key").read_text()) == []
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(60) == 0
    assert not [child for child in children if child.is_running()]


def test_a_demo_that_is_told_to_stop_stops_its_service(data_dir: Path, folder: Path) -> None:
    with (folder / "demo.out").open("wb") as output:
        process = subprocess.Popen(
            [COMMAND, "demo", "--data-dir", str(data_dir)],
            env=environment(QUICK),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    until(lambda: bool(psutil.Process(process.pid).children()), 30, what="started")
    time.sleep(1)
    children = psutil.Process(process.pid).children()
    process.terminate()

    assert process.wait(60) == 128 + signal.SIGTERM
    assert not [child for child in children if child.is_running()]


def test_a_space_goes_out_to_a_file_and_in_again(served: tuple[str, ...], folder: Path) -> None:
    _, url, _, key = served
    headers = {"Authorization": f"Bearer {key}"}
    episodes = [{"content": f"Message {n} about the garden"} for n in range(30)]
    home = f"{url}/v1/spaces/home"
    httpx.post(f"{home}/episodes", json={"episodes": episodes}, headers=headers).raise_for_status()
    file = folder / "home.ndjson"

    out = run("export", "home", "--file", str(file), "--json", *served)
    piped = run("export", "home", *served)
    there = run("import", "copy", str(file), "--json", *served)
    again = run("import", "copy", str(file), *served)
    with file.open("a") as target:
        target.write("{nonsense\n")
    bad = run("import", "third", str(file), *served)

    memories = json.loads(out.stdout)["memories"]
    assert memories >= 30
    assert len(piped.stdout.splitlines()) == memories + 1
    assert json.loads(there.stdout)["imported"] == memories
    assert again.stdout == f"Imported 0 memories into copy, {memories} skipped.\n"
    assert bad.returncode == 1
    assert f"at /lines/{memories + 2}" in bad.stderr
    assert run("export", "nowhere", *served).stderr.startswith("error: the service answered")


def _not_to_be_seen(url: str, key: str) -> list[str]:
    """Of what pages of the dashboard show, that of which the demo has left nothing."""
    at = "/v1/spaces/demo"
    paths = (
        f"{at}/memories?kind=fact", f"{at}/memories?kind=event", f"{at}/memories?kind=summary",
        f"{at}/memories?state=superseded", f"{at}/relations", f"{at}/communities",
        f"{at}/timeline", f"{at}/sessions", f"{at}/runs", "/v1/jobs", "/v1/stats/spaces",
        "/v1/stats/growth",
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {key.strip()}"}
    with httpx.Client(base_url=url, headers=headers) as client:
        return [path for path in paths if not client.get(path).raise_for_status().json()["items"]]
