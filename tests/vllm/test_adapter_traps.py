"""The traps of a real vLLM's adapters, none of which catches us."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from llm_backend.adapter_calls import AdapterServer
from llm_backend.adapters import AdapterShelf, Weights, name_of, names_of_space
from tests.fixtures.vllm_server import ADAPTERS, PYTHON, ROOT, Vllm

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1800)]

QUESTIONS = [f"What is {n} and {n}?" for n in range(6)]


@pytest.fixture(scope="module")
def weights(vllm: Vllm, tmp_path_factory: pytest.TempPathFactory) -> list[Weights]:
    """More than there are places for, of two tenants."""
    folder, count = tmp_path_factory.mktemp("loras"), ADAPTERS + 2
    make = [str(PYTHON), "-m", "tests.fixtures.loras", str(vllm.folder), str(folder), str(count)]
    subprocess.run(make, cwd=ROOT, check=True, capture_output=True)
    return [
        Weights(name=name_of(b"t%d" % (n % 2), b"home", b"%d" % n), folder=folder / str(n))
        for n in range(count)
    ]


@pytest.fixture
async def http(vllm: Vllm) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=vllm.root, timeout=120, trust_env=False) as client:
        yield client


@pytest.fixture
async def shelf(
    vllm: Vllm, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[AdapterShelf]:
    calls = AdapterServer(url=vllm.base_url, api_key=None, timeout_s=120)
    made = AdapterShelf(calls, blanks=tmp_path_factory.getbasetemp() / "blanks")
    yield made
    await made.close()


async def say(http: httpx.AsyncClient, model: str, question: str, tokens: int = 10) -> str | int:
    body = {
        "model": model, "max_tokens": tokens, "temperature": 0,
        "messages": [{"role": "user", "content": question}],
    }  # fmt: skip
    answer = await http.post("/v1/chat/completions", json=body)
    if answer.status_code != httpx.codes.OK:
        return answer.status_code
    return str(answer.json()["choices"][0]["message"]["content"])


async def test_in_mixed_batches_everybody_gets_their_own_while_adapters_come_and_go(
    vllm: Vllm, http: httpx.AsyncClient, shelf: AdapterShelf, weights: list[Weights]
) -> None:
    draw = random.Random(3)  # noqa: S311
    alone = {vllm.model: [await say(http, vllm.model, q) for q in QUESTIONS]}
    for _ in range(12):
        some = draw.sample(weights, 2)
        for one in some:
            await shelf.take(one)
        for one in some:
            if one.name not in alone:
                alone[one.name] = [await say(http, one.name, q) for q in QUESTIONS]
        models = [vllm.model, *(one.name for one in some)]
        said = await asyncio.gather(*(say(http, m, q) for q in QUESTIONS for m in models))
        assert {m: list(said[n :: len(models)]) for n, m in enumerate(models)} == {
            m: alone[m] for m in models
        }
        for one in some:
            shelf.give_back(one)
    assert len({tuple(one) for one in alone.values()}) == len(alone)


async def test_one_that_is_taken_away_in_the_middle_of_an_answer_does_no_harm(
    vllm: Vllm, http: httpx.AsyncClient, shelf: AdapterShelf, weights: list[Weights], tmp_path: Path
) -> None:
    """Its files are deleted at once; a server that looked for them again would not survive it."""
    folder = shutil.copytree(weights[0].folder, tmp_path / "copy")
    doomed = Weights(name=name_of(b"t9", b"home", b"1"), folder=folder)
    before = await say(http, vllm.model, QUESTIONS[0])
    await shelf.take(doomed)
    running = [asyncio.create_task(say(http, doomed.name, q, 400)) for q in QUESTIONS]
    await asyncio.sleep(0.3)
    assert await shelf.withdraw(names_of_space(b"t9", b"home")) == 1
    shutil.rmtree(folder)
    assert await say(http, doomed.name, "Hello") == httpx.codes.NOT_FOUND
    assert all(isinstance(text, str) for text in await asyncio.gather(*running))
    for one in weights:
        await shelf.take(one)
        shelf.give_back(one)
    assert await say(http, vllm.model, QUESTIONS[0]) == before


async def test_a_new_process_finds_what_the_last_one_left(
    vllm: Vllm, http: httpx.AsyncClient, shelf: AdapterShelf, weights: list[Weights], tmp_path: Path
) -> None:
    await shelf.take(weights[0])
    said = await say(http, weights[0].name, QUESTIONS[0])
    base = [await say(http, vllm.model, q) for q in QUESTIONS]
    other = AdapterShelf(
        AdapterServer(url=vllm.base_url, api_key=None, timeout_s=120), blanks=tmp_path
    )
    for one in [*weights, weights[0]]:
        await other.take(one)
        other.give_back(one)
    models = [vllm.model, weights[0].name]
    mixed = await asyncio.gather(*(say(http, m, q) for q in QUESTIONS for m in models))
    assert list(mixed[::2]) == base
    assert mixed[1] == said
    assert not list(tmp_path.iterdir())  # noqa: ASYNC240
    await other.close()


async def test_neither_a_path_nor_an_unknown_name_is_taken_for_an_adapter(
    http: httpx.AsyncClient, shelf: AdapterShelf, weights: list[Weights]
) -> None:
    """The server has no resolver that would look for one: what is not loaded is not there."""
    await shelf.take(weights[0])
    known, there = weights[0], weights[-1].folder
    shelf.give_back(known)
    for model in (str(there), f"../{there.name}", f"{known.name}/../{there.name}", "mem-unknown"):
        assert await say(http, model, QUESTIONS[0]) == httpx.codes.NOT_FOUND


async def test_a_new_build_is_not_answered_from_what_the_one_before_has_cached(
    http: httpx.AsyncClient, shelf: AdapterShelf, weights: list[Weights], tmp_path: Path
) -> None:
    """Cached blocks go by name and path; a build has a name and a folder that no other one has."""
    long = " ".join(["Tell me more about it, please."] * 20)

    def build(of: Weights, number: int) -> Weights:
        folder = shutil.copytree(of.folder, tmp_path / str(number))
        return Weights(name=name_of(b"t8", b"home", b"%d" % number), folder=folder)

    async def asked(one: Weights) -> str | int:
        await shelf.take(one)
        try:
            return await say(http, one.name, long)
        finally:
            shelf.give_back(one)

    first, second = build(weights[0], 1), build(weights[1], 2)
    before = [await asked(first) for _ in range(2)]
    assert await shelf.withdraw(names_of_space(b"t8", b"home")) == 1
    after = await asked(second)
    assert before[0] == before[1] != after
    # As whoever has the same weights and has never been asked before.
    assert after == await asked(build(weights[1], 3))
