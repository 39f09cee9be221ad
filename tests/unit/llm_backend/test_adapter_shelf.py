"""Adapters on a server that has the traps of the real one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from llm_backend.adapter_calls import AdapterServer
from llm_backend.adapters import AdapterShelf, Weights, name_of, names_of_space
from llm_backend.blank import WEIGHTS, blank_of
from llm_backend.errors import BackendUnavailable, RequestRefused
from tests.fixtures.lora_server import BASE, PLAIN, LoraServer, lay_down
from tests.fixtures.raw_server import raw_server

Make = Callable[..., Weights]


@asynccontextmanager
async def shelf_of(lora: LoraServer, folder: Path) -> AsyncIterator[AdapterShelf]:
    async with raw_server(lora) as server:
        calls = AdapterServer(url=server.url, api_key=None, timeout_s=60)
        shelf = AdapterShelf(calls, blanks=folder / "blanks")
        yield shelf
        await shelf.close()


@pytest.fixture
def weights(tmp_path: Path) -> Make:
    def made(build: str, tenant: str = "t", space: str = "s") -> Weights:
        says = f"{tenant}/{space}/{build}"
        name = name_of(tenant.encode(), space.encode(), build.encode())
        folder = tmp_path / "weights" / says.replace("/", "-")
        return Weights(name=name, folder=folder if folder.exists() else lay_down(folder, says))

    return made


def said(lora: LoraServer, model: str) -> str:
    """What the server answers for that model now."""
    return lora._use(*lora.listed[model]) if model != BASE else str(lora.slots[-1] and
                                                                   lora.slots[-1][1])  # fmt: skip


async def test_it_is_loaded_once_however_many_ask(weights: Make, tmp_path: Path) -> None:
    lora, one = LoraServer(), weights("1")
    async with shelf_of(lora, tmp_path) as shelf:
        await asyncio.gather(*(shelf.take(one) for _ in range(5)))
    assert lora.live == [one.name]
    assert lora.calls.count(("load", one.name)) == 1


@pytest.mark.parametrize("places", [2, 3, 5])
async def test_no_request_without_an_adapter_ever_gets_one(
    weights: Make, tmp_path: Path, places: int
) -> None:
    """The last place stays blank while many more adapters come and go than there is room for."""
    lora, draw = LoraServer(places=places), random.Random(places)  # noqa: S311
    many = [weights(str(n), tenant=f"t{n % 3}") for n in range(7)]
    async with shelf_of(lora, tmp_path) as shelf:
        for _ in range(25):
            some = draw.sample(many, draw.randint(1, places - 1))
            for one in some:
                await shelf.take(one)
            assert said(lora, BASE) == PLAIN
            for one in some:
                assert said(lora, one.name) == one.folder.name.replace("-", "/")
                shelf.give_back(one)
            if draw.random() < 0.2:
                await shelf.withdraw(draw.choice(many).name)
            assert len(lora.live) < places


async def test_what_is_in_use_is_not_taken_away(weights: Make, tmp_path: Path) -> None:
    lora = LoraServer(places=3)
    first, second, third = (weights(n) for n in "123")
    async with shelf_of(lora, tmp_path) as shelf:
        await shelf.take(first)
        await shelf.take(second)
        shelf.give_back(second)
        await shelf.take(third)
        assert set(lora.live) == {first.name, third.name}
        with pytest.raises(BackendUnavailable, match="in use"):
            await shelf.take(second)
        shelf.give_back(third)
        await shelf.take(weights("4"))
        assert third.name not in lora.live


async def test_one_that_was_taken_away_is_nowhere_any_more(weights: Make, tmp_path: Path) -> None:
    lora = LoraServer()
    ours, theirs = weights("1"), weights("1", tenant="u")
    async with shelf_of(lora, tmp_path) as shelf:
        await shelf.take(ours)
        await shelf.take(theirs)
        assert await shelf.withdraw(ours.name) == 1
        assert lora.live == [theirs.name]
        assert lora.says == {"u/s/1"}
        assert await shelf.withdraw(ours.name) == 0


async def test_a_space_loses_its_adapters_and_nobody_else(weights: Make, tmp_path: Path) -> None:
    lora = LoraServer()
    gone = [weights("1"), weights("2")]
    stays = weights("1", space="other")
    async with shelf_of(lora, tmp_path) as shelf:
        for one in (*gone, stays):
            await shelf.take(one)
        assert await shelf.withdraw(names_of_space(b"t", b"s")) == 2
    assert lora.live == [stays.name]


async def test_after_a_restart_of_the_server_they_are_loaded_again(
    weights: Make, tmp_path: Path
) -> None:
    lora, one = LoraServer(), weights("1")
    async with shelf_of(lora, tmp_path) as shelf:
        await shelf.take(one)
        shelf.give_back(one)
        lora.restart()
        shelf.distrust()
        await shelf.take(one)
        assert lora.live == [one.name]
        assert said(lora, BASE) == PLAIN


async def test_another_process_goes_on_with_what_is_loaded(weights: Make, tmp_path: Path) -> None:
    lora = LoraServer(places=3)
    first, second, third = (weights(n) for n in "123")
    async with shelf_of(lora, tmp_path) as before:
        await before.take(first)
        await before.take(second)
    calls = len(lora.calls)
    async with shelf_of(lora, tmp_path) as after:
        await after.take(second)
        assert len(lora.calls) == calls
        await after.take(third)
    assert set(lora.live) == {second.name, third.name}


async def test_a_name_that_was_loaded_from_another_path_is_loaded_anew(
    weights: Make, tmp_path: Path
) -> None:
    lora, one = LoraServer(), weights("1")
    moved = Weights(name=one.name, folder=lay_down(tmp_path / "elsewhere", "elsewhere"))
    async with shelf_of(lora, tmp_path) as shelf:
        await shelf.take(one)
        await shelf.take(moved)
        assert lora.listed[one.name][1] == str(moved.folder)
        assert said(lora, one.name) == "elsewhere"


@pytest.mark.parametrize("died_after", range(4))
async def test_a_process_that_died_while_it_filled_the_places_left_no_harm(
    weights: Make, tmp_path: Path, died_after: int
) -> None:
    lora, one = LoraServer(places=3), weights("1")
    blank = blank_of(one.folder, tmp_path / "blanks")
    for number in range(min(died_after, 3)):
        lora._load(f"mem-blank-{number}", str(blank), over=False)
    async with shelf_of(lora, tmp_path) as shelf:
        for build in "123456":
            await shelf.take(weights(build))
            shelf.give_back(weights(build))
            assert said(lora, BASE) == PLAIN


async def test_what_cannot_be_loaded_is_left_alone_for_a_while(
    weights: Make, tmp_path: Path
) -> None:
    one = weights("1")
    lora = LoraServer(broken={one.name})
    async with shelf_of(lora, tmp_path) as shelf:
        with pytest.raises(RequestRefused):
            await shelf.take(one)
        with pytest.raises(BackendUnavailable, match="not asked for a while"):
            await shelf.take(one)
        assert lora.calls.count(("load", one.name)) == 1
        await shelf.take(weights("2"))


async def test_a_server_with_one_place_serves_no_adapters(weights: Make, tmp_path: Path) -> None:
    lora, one = LoraServer(places=1), weights("1")
    async with shelf_of(lora, tmp_path) as shelf:
        with pytest.raises(RequestRefused, match="place"):
            await shelf.take(one)
    assert lora.live == []


async def test_files_that_are_missing_are_refused(weights: Make, tmp_path: Path) -> None:
    lora = LoraServer()
    async with shelf_of(lora, tmp_path) as shelf:
        with pytest.raises(RequestRefused):
            await shelf.take(Weights(name="mem-x", folder=tmp_path / "nothing"))
    assert lora.live == []


def test_a_blank_has_the_shape_of_the_other_and_no_weights(weights: Make, tmp_path: Path) -> None:
    one = weights("1")
    blank = blank_of(one.folder, tmp_path / "blanks")
    before, after = ((f / WEIGHTS).read_bytes() for f in (one.folder, blank))
    start = 8 + int.from_bytes(before[:8], "little")
    assert after[:start] == before[:start]
    assert len(after) == len(before)
    assert not any(after[start:])
    assert blank_of(one.folder, tmp_path / "blanks") == blank


def test_names_of_different_builds_spaces_and_tenants_differ() -> None:
    names = {
        name_of(t, s, b)
        for t in (b"t1", b"t2") for s in (b"s1", b"s2") for b in (b"1", b"2")
    }  # fmt: skip
    assert len(names) == 8
    assert all(len(name) == len("mem-") + 3 * 12 + 2 for name in names)
    assert all("/" not in name for name in names)
