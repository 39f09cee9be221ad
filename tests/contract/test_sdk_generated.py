"""The sync client on disk is what the async one generates."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

SDK = Path(__file__).parents[2] / "sdk"


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    return runpy.run_path(str(SDK / "generate_sync.py"))


def test_the_sync_client_is_up_to_date(generator: dict[str, Any]) -> None:
    on_disk = {path: path.read_text(encoding="utf-8") for path in generator["TARGET"].glob("*.py")}
    assert on_disk == generator["generate"](), "run `python sdk/generate_sync.py`"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("async def f() -> None:\n    await g()\n", "def f() -> None:\n    g()\n"),
        ("[x async for x in AsyncPager()]\n", "[x for x in Pager()]\n"),
        ("from a._async.b import AsyncB\n", "from a._sync.b import B\n"),
        ("import asyncio\nasyncio.sleep(1)\n", "import time\ntime.sleep(1)\n"),
        ("async with a as b:\n    await b.aclose()\n", "with a as b:\n    b.close()\n"),
        ('"""Use `await AsyncClient().aclose()`."""\n', '"""Use `Client().close()`."""\n'),
        ("x = awaited  # an Async name, async too\n", "x = awaited  # an Async name, too\n"),
    ],
)
def test_tokens_are_replaced(generator: dict[str, Any], source: str, expected: str) -> None:
    assert generator["to_sync"](source) == expected
