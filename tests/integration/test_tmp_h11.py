import time
from sqlalchemy import text
from stores.ids import SpaceId, id_in
from tests.integration.test_transfer_graph import *
from tests.integration.test_transfer_graph import village, other  # noqa

async def test_tmp(service, tenant, village, other):
    here = await space_id(tenant.admin, village)
    t=time.process_time(); lines = await export(tenant.admin, village); print("EXPORT", len(lines), time.process_time()-t)
    await import_(other.admin, "copy", lines)
    there = await space_id(other.admin, "copy")
    q = text("SELECT b.memory_id, e.name, b.band FROM entity_bands b JOIN entities e ON e.tenant_id=b.tenant_id AND e.memory_id=b.memory_id WHERE b.tenant_id=:tenant AND b.space_id=:space")
    async with service.parts.services.database.read(tenant.id) as s:
        a = {(id_in(SpaceId(there), r.memory_id), r.name, r.band) for r in await s.rows(q, space=here)}
    async with service.parts.services.database.read(other.id) as s:
        b = {(r.memory_id, r.name, r.band) for r in await s.rows(q, space=there)}
    print("BANDS", len(a), len(b), "lost", len(a-b), "more", len(b-a), sorted({n for _,n,_ in b-a}))
    many = [x for n in range(40) for x in fresh(lines, n)]
    for name, file in (("with graph", [lines[0], *many]), ("without", [lines[0], *({**x, "graph": {}} for x in many)])):
        tenant2 = await service.tenant()
        t=time.process_time(); r = await import_(tenant2.admin, "copy", file); print("IMPORT", name, r.json(), time.process_time()-t)
        t=time.process_time(); await export(tenant2.admin, "copy"); print("EXPORT", name, time.process_time()-t)

def fresh(lines, n):
    import json, re
    ids = {x["id"] for x in lines[1:]}
    out=[]
    for x in lines[1:]:
        s=json.dumps(x)
        for i in ids: s=s.replace(i, i[:-3]+f"{(int(i[-3:],16)+n)%4096:03x}")
        y=json.loads(s)
        if y["external_id"]:
            y["external_id"]+=f"-{n}"
            for v in y["versions"]: v["data"]["external_id"]+=f"-{n}"
        out.append(y)
    return out
