import os, time, random, sys, json
sys.path.insert(0, "/work/main")
import pytest
from benchmarks import talks
from pathlib import Path
from llm_backend.settings import EmbeddingSettings
from memory_service.telemetry import Metrics
from memory_service.worker import run_job
from stores import jobs, spaces, linking, refinements
from stores.ids import now
from tests.fixtures.service import remember
import psycopg

NAMES = os.environ.get("TALKS", "nora-elijah lucia-devon hana-oskar").split()

@pytest.fixture
async def measured(start):
    return await start(embedding=EmbeddingSettings(backend="local", threads=1))

async def test_measure(measured):
    service = measured
    tenant = await service.tenant()
    db = service.parts.services.database
    async def run(space, name):
        async with db.write(tenant.id) as s:
            home = await spaces.get_space(s, space)
            job = await jobs.enqueue(s, home.id, name, now=now())
        c, w = time.process_time(), time.monotonic()
        await run_job(service.parts.jobs, Metrics(), tenant.id, job)
        async with db.read(tenant.id) as s:
            j = await jobs.get_job(s, job)
        print(name, j.state, j.error, "done", j.done, "cpu", round(time.process_time()-c,2), "wall", round(time.monotonic()-w,2), flush=True)
        return j
    out = open("/tmp/h9/out.txt", "w"); import warnings
    for name in NAMES:
        [talk] = talks.read(talks.CORPORA / f"{name}.txt")
        sent = [t.episode() for t in talk.turns]
        for i in range(0, len(sent), 100):
            await remember(tenant.admin, name, *sent[i:i+100])
        for job in ("embed", "extract", "embed", "link"):
            j = await run(name, job)
            assert j.state == "succeeded", j.error
    async with await psycopg.AsyncConnection.connect(db.url) as c:
        await c.execute(f"SET LOCAL app.tenant = '{tenant.id}'")
        async def q(sql):
            return await (await c.execute(sql)).fetchall()
        print(await q("select kind, count(*) from memories where expired_at is null and type<>'episodic' group by 1"))
        print(await q("select link_kind, count(*), avg(weight) from links group by 1"))
        print(await q("select stage, error, count(*) from backlog group by 1,2"))
        print(await q("select name, state, count(*) from jobs group by 1,2"))
        print(await q("select method, counts, notes from runs where method->>'name' in ('link','merge')"))
        print(await q("select count(*), avg(n), max(n) from (select m, count(*) n from (select memory_id m from links where link_kind<>'synonym' union all select target_id from links where link_kind<>'synonym') x group by 1) y"))
        for row in await q("""select l.link_kind, round(l.weight::numeric,3), a.content, b.content, a.valid_at::date, b.valid_at::date from links l join memories a on a.memory_id=l.memory_id and a.expired_at is null join memories b on b.memory_id=l.target_id and b.expired_at is null order by l.link_kind, md5(l.memory_id::text||l.target_id::text)"""):
            out.write(" | ".join(map(str,row)) + "\n")
        out.write("\n== refinements\n")
        for row in await q("""select r.version, r.keywords, r.tags, r.context, a.content, array(select content from memories s where s.memory_id = any(r.sources) and expired_at is null) from refinements r join memories a on a.memory_id=r.memory_id and a.expired_at is null order by md5(r.refinement_id::text)"""):
            out.write(" | ".join(map(str,row)) + "\n")
        out.write("\n== merges\n")
        for row in await q("""select a.name, b.name, a.entity_kind from entities a join entities b on b.memory_id=a.merged_into"""):
            out.write(" | ".join(map(str,row)) + "\n")
        out.close()
