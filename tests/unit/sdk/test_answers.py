"""What comes back: typed records, streams, and what a newer service adds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pydantic
import pytest
from memory_sdk import APIConnectionError, APIResponseValidationError, JobsFailed, SettleTimeout

from tests.unit.sdk.service import collected, cube, done


async def test_a_memcube_is_typed_and_frozen(serve: Any) -> None:
    _, client = serve(cube())
    memory = await done(client.space("alice").memories.get("m1"))
    assert memory.time.valid_at == datetime(2026, 5, 8, 13, 56, tzinfo=UTC)
    assert memory.provenance.evidence[0].span == (0, 5)
    assert memory.provenance.method.name == "english"
    assert (memory.lifecycle.state, memory.tags) == ("active", ("home",))
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        memory.content = "x"


async def test_fields_and_states_of_a_newer_service_are_kept(serve: Any) -> None:
    newer = cube(mood="calm", lifecycle={**cube()["lifecycle"], "state": "dreaming", "phase": 2})
    _, client = serve(newer)
    memory = await done(client.space("alice").memories.get("m1"))
    assert memory.model_extra == {"mood": "calm"}
    assert memory.lifecycle.state == "dreaming"


async def test_a_hit_tells_why(serve: Any) -> None:
    hit = {
        "memory": cube(),
        "score": 0.1,
        "relevance": 0.9,
        "channels": {"dense": {"rank": 1, "score": 0.8}},
        "reason": "means the same",
        "features": {"meaning": 0.8},
        "passage": {"span": [0, 3], "text": "Ana"},
    }
    answer = {"recall_id": "r", "hits": [hit], "abstained": False, "flags": ["other-person"]}
    _, client = serve(answer)
    result = await done(client.space("alice").recall("q"))
    assert result.flags == ("other-person",)
    assert result.hits[0].features == {"meaning": 0.8}
    assert result.hits[0].channels["dense"].rank == 1
    assert result.hits[0].passage.text == "Ana"
    assert result.hits[0].memory.content == "Ana lives in Lisbon"


async def test_why_is_typed(serve: Any) -> None:
    words = {"value": 1.0, "weight": 7.0, "contribution": 7.0}
    dense = {"rank": None, "score": 0.1, "found": 100, "last": 0.3}
    best = {"memory_id": "m2", "relevance": 0.9, "channels": {}, "features": {"words": words}}
    answer = {
        "memory_id": "m1", "recalled": False, "rank": None, "candidates": 180, "relevance": None,
        "channels": {"dense": dense}, "features": {}, "prior": None, "best": best,
        "nearness": {"cosine": 0.1, "bm25": 0.8, "shared": ["trip"], "share": 0.2},
        "reasons": ["No channel found it."], "excluded_by": ["not-found"],
    }  # fmt: skip
    _, client = serve(answer)
    why = await done(client.space("alice").why("q", "m1"))
    assert (why.recalled, why.rank, why.excluded_by) == (False, None, ("not-found",))
    assert why.channels["dense"].last == 0.3
    assert why.nearness.shared == ("trip",)
    assert why.best.features["words"].contribution == 7.0


async def test_a_new_key_is_not_in_its_repr(serve: Any) -> None:
    key = {"id": "k", "name": "n", "role": "reader", "key": "secret", "created_at": "2026-05-08"}
    _, client = serve(key)
    made = await done(client.keys.create("n", "reader"))
    assert made.key == "secret"
    assert "secret" not in repr(made)


async def test_not_ready_is_an_answer(serve: Any) -> None:
    body = {"status": "not-ready", "reasons": {"model": "loading"}}
    service, client = serve(httpx.Response(503, json=body))
    readiness = await done(client.ready())
    assert not readiness.ready
    assert readiness.reasons == {"model": "loading"}
    assert len(service.requests) == 1


@pytest.mark.parametrize("body", [b"<html>", b"{}", b""])
async def test_an_answer_of_something_else(serve: Any, body: bytes) -> None:
    _, client = serve(httpx.Response(200, content=body))
    with pytest.raises(APIResponseValidationError, match="/v1/jobs/j1"):
        await done(client.jobs.get("j1"))


class Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that arrives in pieces, and may break off."""

    def __init__(self, *chunks: bytes, broken: bool = False) -> None:
        self.chunks, self.broken, self.closed = chunks, broken, False

    def __iter__(self) -> Any:
        yield from self.chunks
        if self.broken:
            raise httpx.ReadError("broken off")

    async def __aiter__(self) -> Any:
        for chunk in self:
            yield chunk

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


async def test_export_streams_lines_whatever_the_chunks(serve: Any) -> None:
    separator = "\N{LINE SEPARATOR}"
    body = f'{{"a":"x{separator}y"}}\n\n{{"b":2}}'.encode()
    stream = Chunks(*(body[i : i + 3] for i in range(0, len(body), 3)))
    service, client = serve(httpx.Response(200, stream=stream))
    lines = await collected(client.space("alice").export())
    assert lines == [{"a": f"x{separator}y"}, {"b": 2}]
    assert (service.request.method, stream.closed) == ("POST", True)


async def test_an_export_that_breaks_off_is_an_error(serve: Any) -> None:
    _, client = serve(httpx.Response(200, stream=Chunks(b'{"a":1}\n', broken=True)))
    with pytest.raises(APIConnectionError, match="broken off"):
        await collected(client.space("alice").export())


async def test_import_streams_lines(serve: Any) -> None:
    service, client = serve({"imported": 1, "skipped": 1})
    told: list[int] = []
    lines = iter([{"id": "é"}, '{"id":2}\n', "\n"])
    result = await done(client.space("alice").import_(lines, told.append))
    assert (result.imported, result.skipped) == (1, 1)
    assert [json.loads(x) for x in service.request.content.splitlines()] == [{"id": "é"}, {"id": 2}]
    assert service.request.headers["content-type"] == "application/x-ndjson"
    assert told == [1, 2]
    assert service.request.extensions["timeout"]["read"] is None


def status(pending: int = 0, *, failed: int = 0, unembedded: int = 0) -> dict[str, Any]:
    counts = {"pending_jobs": pending, "failed_jobs": failed, "unembedded": unembedded}
    return {"episodes": 1, "memories": {"episodic": 1}, **counts}


async def test_settle_waits_for_jobs_and_embeddings(serve: Any) -> None:
    service, client = serve(status(2), status(unembedded=1), status())
    assert (await done(client.space("alice").settle())).settled
    assert len(service.requests) == 3


@pytest.mark.parametrize("answer", [status(1, failed=2), status(failed=2)])
async def test_settle_raises_on_failed_jobs(serve: Any, answer: dict[str, Any]) -> None:
    _, client = serve(answer)
    with pytest.raises(JobsFailed, match="2 failed jobs in space 'alice'") as caught:
        await done(client.space("alice").settle())
    assert caught.value.failed == 2


async def test_settle_gives_up(serve: Any) -> None:
    _, client = serve(status(1, unembedded=4))
    with pytest.raises(SettleTimeout, match="1 pending jobs and 4 unembedded") as caught:
        await done(client.space("alice").settle(timeout=0.1))
    assert (caught.value.pending, caught.value.unembedded) == (1, 4)


async def test_clients_are_context_managers(serve: Any) -> None:
    _, client = serve({"status": "alive"})
    if hasattr(client, "aclose"):
        async with client as opened:
            assert (await opened.health()).status == "alive"
    else:
        with client as opened:
            assert opened.health().status == "alive"
    with pytest.raises(RuntimeError, match="closed"):
        await done(client.health())
