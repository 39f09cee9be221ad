"""The public names: all are listed, and both clients have the same."""

from __future__ import annotations

import inspect
from typing import Any

import memory_sdk
import pytest

TWINS = [
    "Adapters", "Blocks", "Client", "Graph", "Jobs", "Keys", "Memories", "Pager", "Runs", "Session",
    "Space", "Spaces", "Stats",
]  # fmt: skip


def test_all_lists_what_is_there() -> None:
    public = {
        name
        for name, value in vars(memory_sdk).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert {*public, "__version__"} == set(memory_sdk.__all__)


@pytest.mark.parametrize("name", TWINS)
def test_both_clients_have_the_same_calls(name: str) -> None:
    one, other = getattr(memory_sdk, name), getattr(memory_sdk, f"Async{name}")
    assert {*_parameters(one)} == {*_parameters(other)}


@pytest.mark.parametrize("name", memory_sdk.__all__)
def test_everything_public_is_explained(name: str) -> None:
    value = getattr(memory_sdk, name)
    if inspect.isclass(value):
        assert vars(value).get("__doc__")
        calls = vars(value).items()
        assert [n for n, m in calls if _is_call(n, m) and not m.__doc__] == []


def _is_call(name: str, member: object) -> bool:
    return not name.startswith("_") and inspect.isfunction(member)


def _parameters(cls: type[Any]) -> set[tuple[str, tuple[str, ...]]]:
    renamed = {"aclose": "close"}
    return {
        (renamed.get(name, name), tuple(inspect.signature(member).parameters))
        for name, member in vars(cls).items()
        if _is_call(name, member)
    }
