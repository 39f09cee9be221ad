"""Rules a reviewer would repeat, made executable."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import consolidation.jobs
import memory_service.api.routes
import retrieval.channels
import stores.kinds
from memory_service.api.app import create_app
from memory_service.settings import Settings
from stores.records import MemoryType
from stores.schema import metadata
from tests.fixtures.service import HASH

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "memory_service",
    "stores",
    "retrieval",
    "consolidation",
    "llm_backend",
    "dashboard",
    "migrations",
)

#: Words the glossary replaces by others. Whole words of a name, singular or plural.
NEVER_SAY = {
    "org", "organization", "organisation", "account", "bank", "collection", "workspace", "user",
    "node", "edge", "unit", "category", "subtype", "chunk", "searcher", "task",
}  # fmt: skip
#: The kinds of memory, as the vocabulary lists them.
KINDS = {
    "episodic": {"message", "event", "document", "trajectory"},
    "semantic": {"fact", "preference", "profile", "summary", "insight", "procedure", "note"},
    "graph": {"entity", "relation"},
    "parametric": {"adapter", "soft_prompt", "prefix"},
}


def _words(name: str) -> set[str]:
    return {word.rstrip("s") if word[-2:] != "ss" else word
            for word in re.findall(r"[a-z]+", name.lower())}  # fmt: skip


def _sources(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text())


def _patches(tree: ast.Module) -> Iterator[int]:
    """Lines that replace code at run time: mock.patch, or setattr of a monkeypatch."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in {"unittest", "unittest.mock"}:
            yield node.lineno
        if isinstance(node, ast.Import) and any(a.name.startswith("unittest.mock")
                                                for a in node.names):  # fmt: skip
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            if node.func.attr in {"setattr", "setitem"} and "patch" in owner:
                yield node.lineno
            if node.func.attr == "patch" and owner in {"mock", "mocker"}:
                yield node.lineno


def test_no_test_replaces_our_own_code() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path, tree in _sources("tests")
        for line in _patches(tree)
    ]
    assert found == []


@pytest.mark.parametrize("path", sorted(create_app(Settings(embedding=HASH)).openapi()["paths"]))
def test_urls_speak_the_vocabulary(path: str) -> None:
    assert not _words(path) & NEVER_SAY


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_tables_and_columns_speak_the_vocabulary(table: str) -> None:
    names = [table, *(column.name for column in metadata.tables[table].columns)]
    assert not {word for name in names for word in _words(name)} & NEVER_SAY


def test_modules_speak_the_vocabulary_and_none_is_a_drawer() -> None:
    for folder in PACKAGES:
        for path in (ROOT / folder).rglob("*.py"):
            words = _words(path.stem)
            assert not words & (NEVER_SAY | {"util", "common", "core", "helper", "misc"}) or (
                path.relative_to(ROOT).as_posix() == "migrations/helpers.py"
            ), path


def test_every_module_says_what_it_is_for() -> None:
    for path, tree in _sources(*PACKAGES):
        assert ast.get_docstring(tree), path


def test_only_the_settings_read_the_environment() -> None:
    for path, tree in _sources(*PACKAGES):
        reads = {
            ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)
        } & {"os.environ", "os.getenv"}
        if path.relative_to(ROOT).as_posix() != "memory_service/settings.py":
            assert not reads, path


@pytest.mark.parametrize(
    "folder",
    [stores.kinds, retrieval.channels, consolidation.jobs],
    ids=lambda folder: folder.__name__,
)
def test_every_file_of_an_open_folder_is_loaded(folder: object) -> None:
    files = {m.name for m in pkgutil.iter_modules(folder.__path__)} - {"base"}
    loaded = folder.load()
    names = set(loaded) if isinstance(loaded, dict) else {entry.name for entry in loaded}
    assert names == files


def test_every_route_file_has_a_router() -> None:
    for module in pkgutil.iter_modules(memory_service.api.routes.__path__):
        name = f"{memory_service.api.routes.__name__}.{module.name}"
        assert importlib.import_module(name).router.routes


def test_the_kinds_are_those_of_the_vocabulary() -> None:
    found: dict[str, set[str]] = {str(of): set() for of in MemoryType}
    for kind in stores.kinds.load().values():
        found[str(kind.type)].add(kind.name)
        assert kind.half_life_days > 0
    assert found == KINDS
