"""The lock holds exact versions of all that `make setup` installs, and fits pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][0-9A-Za-z.]*")


def lines() -> list[str]:
    text = (ROOT / "requirements" / "lock.txt").read_text()
    return [line for line in text.splitlines() if not line.startswith("#")]


def pins() -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in (x.split("==") for x in lines())}


def wanted() -> list[str]:
    service = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    sdk = tomllib.loads((ROOT / "sdk" / "pyproject.toml").read_text())["project"]
    extras: dict[str, list[str]] = service["optional-dependencies"]
    locked = (*extras["dev"], *extras["training"])
    return sorted({*service["dependencies"], *locked, *sdk["dependencies"]})


@pytest.mark.parametrize("requirement", wanted())
def test_what_we_need_is_pinned_within_the_range_we_need(requirement: str) -> None:
    need = Requirement(requirement)
    version = pins().get(canonicalize_name(need.name))

    assert version is not None, f"{need.name} is not in the lock: make lock"
    assert need.specifier.contains(version), f"{need.name} {version} is not in {need.specifier}"


def test_every_line_is_one_plain_pin() -> None:
    assert [line for line in lines() if not PIN.fullmatch(line)] == []


def test_it_is_sorted_and_names_nothing_twice() -> None:
    assert lines() == sorted(lines(), key=str.upper)
    assert len(pins()) == len(lines())


def test_what_only_a_gpu_needs_is_left_to_torch() -> None:
    assert [n for n in pins() if n.startswith(("nvidia-", "cuda-", "triton"))] == []
