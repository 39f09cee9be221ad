"""What an operator sees: figures, logs that tell nothing of what is remembered, request ids."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx

from tests.acceptance.processes import Service, kill_postmaster, remember, settled, until

Start = Callable[..., Service]
FAMILIES = {
    "memory_requests_total": "counter",
    "memory_request_seconds": "histogram",
    "memory_recall_stage_seconds": "histogram",
    "memory_job_seconds": "histogram",
    "memory_queue_jobs": "gauge",
    "memory_queue_oldest_seconds": "gauge",
    "memory_model_seconds_total": "gauge",
    "memory_model_texts_total": "gauge",
    "memory_pool_connections_in_use": "gauge",
}
SECRET_WORD = "Quillfeatherstone"
STAGES = {"understand", "embed", "channels", "neighbours", "rank", "fetch", "total"}


def test_metrics(service: Start) -> None:
    """Every documented family is there, without a key, and counts what happened."""
    serve = service().start().wait_ready()
    with serve.client() as client:
        remember(client, "measured", "The lighthouse keeper paints at night.")
        settled(client, "measured")
        recalled = client.post("/v1/spaces/measured/recall", json={"query": "lighthouse"})
        assert set(recalled.json()["timings_ms"]) >= STAGES
        client.get("/v1/spaces/none/status")
    text = httpx.get(f"{serve.url}/metrics").raise_for_status().text
    told = dict(line.split()[2:4] for line in text.splitlines() if line.startswith("# TYPE"))
    assert {name: told.get(name) for name in FAMILIES} == FAMILIES
    route = 'route="/v1/spaces/{space}/episodes",status="201"'
    assert f'memory_requests_total{{method="POST",{route}}} 1.0' in text
    assert 'route="/v1/spaces/{space}/status",status="404"' in text
    for stage in STAGES:
        assert f'memory_recall_stage_seconds_count{{stage="{stage}"}} 1.0' in text
    assert 'memory_job_seconds_count{name="extract",state="succeeded"} 1.0' in text
    assert "measured" not in text


def test_queue_lag(service: Start) -> None:
    """Jobs that nobody runs show up by name, and their age grows; a worker tells of both."""
    serve = service().start().wait_ready()
    with serve.client() as client:
        lines = [f"Row {n} of the ledger." for n in range(1000)]
        remember(client, "lagging", *lines)
        remember(client, "lagging", *lines)

        def lag() -> bool:
            text = client.get("/metrics").text
            return 'memory_queue_jobs{name="' in text

        until(lag, 10, "seen in the queue")
        settled(client, "lagging")
        until(lambda: "memory_queue_oldest_seconds 0.0" in client.get("/metrics").text, 10, "idle")


def test_request_ids(service: Start) -> None:
    """A sensible id is echoed, any other replaced; the log and the problem carry it."""
    serve = service().start().wait_ready()
    with serve.client() as client:
        given = client.get("/v1/spaces", headers={"X-Request-ID": "ticket-4711"})
        assert given.headers["x-request-id"] == "ticket-4711"
        bad = client.get("/v1/spaces", headers={"X-Request-ID": "two words {}"})
        assert bad.headers["x-request-id"] not in {"", "two words {}"}
        missing = client.get("/v1/spaces/none", headers={"X-Request-ID": "ticket-4712"})
        assert missing.json()["request_id"] == "ticket-4712"
    until(lambda: "ticket-4712" in serve.said(), 5, "logged")
    logged = {one.get("request_id"): one for one in log_lines(serve)}
    assert logged["ticket-4711"]["status"] == 200
    assert logged["ticket-4712"]["status"] == 404


def test_logs_hold_no_memory_text_and_no_key(service: Start) -> None:
    """Whatever happens: writes, refusals, questions, jobs, a database that dies in between."""
    serve = service(MEMORY_LOG_LEVEL="DEBUG").start().wait_ready()
    content = f"My colleague {SECRET_WORD} adopted three owls."
    with serve.client() as client:
        episodes = "/v1/spaces/private/episodes"
        remember(client, "private", content, external_id="same", speaker=SECRET_WORD)
        remember(client, "private", f"{content} Or four.", external_id="same")
        question = {"query": f"What did {SECRET_WORD} adopt?"}
        client.post("/v1/spaces/private/recall", json=question).raise_for_status()
        client.post("/v1/spaces/private/context", json=question).raise_for_status()
        for refused in failing_bodies(content):
            assert client.post(episodes, json=refused).status_code == 422
        client.post(episodes, content=f'{{"episodes": ["{SECRET_WORD}'.encode())
        client.get(f"/v1/spaces/{SECRET_WORD}/status")
        client.get("/v1/spaces/private/memories", params={"q": SECRET_WORD})
        settled(client, "private")
        with serve.client(f"ms_{SECRET_WORD}") as stranger:
            assert stranger.get("/v1/spaces").status_code == 401
        kill_postmaster(serve.data_dir)
        for _ in range(5):
            client.post(episodes, json={"episodes": [{"content": content}]})
        serve.wait_ready()
    serve.stop()
    lines = log_lines(serve)
    assert sum(line["event"] == "request" for line in lines) > 10
    assert SECRET_WORD.lower() not in serve.said().lower()
    assert serve.admin_key not in serve.said()
    server_log = (serve.data_dir / "postgres" / "log").read_text(errors="replace")
    assert SECRET_WORD.lower() not in server_log.lower()


def failing_bodies(content: str) -> list[dict[str, object]]:
    """Requests that are refused for what is in them."""
    return [
        {"episodes": [{"content": content, "kind": content}]},
        {"episodes": [{"content": content, "occurred_at": content}]},
        {"episodes": [{"content": f"{content}\x00"}]},
        {"episodes": [{"content": content, "steps": [{"action": content}]}]},
        {"episodes": [{"content": [content]}], content: True},
    ]


def log_lines(serve: Service) -> list[dict[str, object]]:
    """The log, which is one JSON object a line and nothing else."""
    return [json.loads(line) for line in serve.said().splitlines()]
