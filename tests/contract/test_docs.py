"""The documentation says what the code does: routes, settings, codes, metrics, commands, links."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from typer.main import get_command

from memory_service.api.app import create_app
from memory_service.api.problems import explanations
from memory_service.cli import app as command_line
from memory_service.settings import Settings
from memory_service.telemetry import Metrics
from stores import kinds
from stores.jobs import JobState
from stores.records import MemoryType, State
from stores.settings import StoreSettings

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("sdk/*.md"))
    if path.is_file()
)
README = ROOT / "README.md"
API = ROOT / "docs/api.md"
OPERATIONS = ROOT / "docs/operations.md"
GLOSSARY = ROOT / "docs/glossary.md"
DECISIONS = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
COMPOSE: Any = yaml.safe_load((ROOT / "docker-compose.yml").read_text())

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
_ROUTE = re.compile(r"^### `([A-Z]+) (/\S*)`$", re.MULTILINE)
_VARIABLE = re.compile(r"\bMEMORY_[A-Z_]+[A-Z]\b")
_COMMAND = re.compile(r"(?:^|[\s`/])memory-service +([a-z]+)(?: +([a-z]+))?", re.MULTILINE)
_INTERPOLATED = re.compile(r"\$\{([A-Z_]+)")
#: Given to us at the start, or parts of `settings.store` that have a setting of their own.
_NOT_IN_STORE = {"data_dir", "url", "owner_url"}


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    return create_app(Settings()).openapi()


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> Iterator[str]:
    for found in _FENCE.finditer(page.read_text()):
        if found[1] == language:
            yield found[2]


def settings(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, Any]]:
    """Every variable and its default, the levels below included."""
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name}".upper()
        if name == "store":
            yield from (
                (v, d)
                for v, d in settings(StoreSettings, f"{variable}__")
                if v.removeprefix(f"{variable}__").lower() not in _NOT_IN_STORE
            )
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings(field.annotation, f"{variable}__")
        else:
            yield variable, field.default


SETTINGS = dict(settings(Settings, "MEMORY_"))


def test_every_route_is_in_the_api_page_and_every_route_there_exists(
    openapi: dict[str, Any],
) -> None:
    served = {
        (method.upper(), path) for path, methods in openapi["paths"].items() for method in methods
    }
    described = [(found[1], found[2]) for found in _ROUTE.finditer(API.read_text())]

    assert set(described) == served
    assert len(described) == len(served)


def test_every_problem_code_is_in_the_api_page() -> None:
    create_app(Settings())
    rows = {
        (found[2], int(found[1]))
        for found in re.finditer(r"^\| (\d+) \| `([a-z-]+)` \|", API.read_text(), re.MULTILINE)
    }

    assert rows == {(code, status) for code, (status, _) in explanations().items()}


@pytest.mark.parametrize("field", ["RecallIn", "EpisodeIn", "MemoryIn", "MemoryPatch", "KeyIn"])
def test_every_field_of_a_request_is_in_the_api_page(openapi: dict[str, Any], field: str) -> None:
    fields = openapi["components"]["schemas"][field]["properties"]

    assert [name for name in fields if f"`{name}`" not in API.read_text()] == []


def test_every_setting_is_in_the_operations_page_with_its_default() -> None:
    rows = {
        found[1]: found[2].strip().strip("`")
        for found in re.finditer(r"^\| `(MEMORY_\w+)` \|([^|]*)\|", OPERATIONS.read_text(), re.M)
    }

    assert rows == {name: _shown(default) for name, default in SETTINGS.items()}


def test_every_metric_is_in_the_operations_page() -> None:
    text = OPERATIONS.read_text()
    names = {
        metric.name + ("_total" if metric.type == "counter" else "")
        for metric in Metrics().registry.collect()
    }

    assert {name for name in names if f"| `{name}` |" not in text} == set()


def test_the_glossary_has_every_type_kind_and_state() -> None:
    text = GLOSSARY.read_text()
    words = [*MemoryType, *State, *JobState, *kinds.load()]

    assert [str(word) for word in words if f"`{word}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_variables_that_a_page_names_exist(page: Path) -> None:
    prefixes = {name.split("__")[0] for name in SETTINGS}

    named = set(_VARIABLE.findall(page.read_text()))

    assert named - SETTINGS.keys() - prefixes == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_that_a_page_names_exist(page: Path) -> None:
    commands: Any = get_command(command_line).commands  # type: ignore[attr-defined]
    shown = "\n".join(
        found[2] for found in _FENCE.finditer(page.read_text()) if found[1] in ("sh", "console")
    )
    wrong = []
    for first, second in _COMMAND.findall(shown):
        below = getattr(commands.get(first), "commands", None)
        if first not in commands or (below is not None and second not in below):
            wrong.append(f"{first} {second}")

    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_examples_parse(page: Path) -> None:
    for block in blocks(page, "json"):
        json.loads(block)
    for block in blocks(page, "python"):
        ast.parse(block)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text())
    broken = [
        link
        for link in _LINK.findall(text)
        if not link.startswith(("http:", "https:", "mailto:")) and not _leads(page, link)
    ]

    assert broken == []


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len(README.read_text().splitlines()) < 250


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_a_decision_has_its_four_parts_and_is_listed(page: Path) -> None:
    headings = [found[1] for found in _HEADING.finditer(page.read_text())]

    assert headings[1:] == ["Context", "Decision", "Consequences", "Alternatives"]
    assert page.name in (page.parent / "README.md").read_text()


def test_the_compose_file_sets_only_settings_that_exist() -> None:
    named = {
        name
        for service in COMPOSE["services"].values()
        for name in service.get("environment", {})
        if name.startswith("MEMORY_")
    }
    in_image = set(re.findall(r"\b(MEMORY_\w+)=", (ROOT / "Dockerfile").read_text()))

    assert named | in_image <= SETTINGS.keys()
    assert {"MEMORY_DATABASE_URL", "MEMORY_WORKER__ENABLED"} <= named


def test_the_compose_file_asks_for_the_variables_of_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    offered = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    asked = set(_INTERPOLATED.findall((ROOT / "docker-compose.yml").read_text()))

    assert asked == offered


def test_only_the_migration_gets_the_owner_of_the_tables() -> None:
    services = COMPOSE["services"]

    assert set(services) == {"postgres", "migrate", "api", "worker", "vllm"}
    assert services["vllm"]["profiles"] == ["gpu"]
    assert [
        name
        for name, service in services.items()
        if "MEMORY_DATABASE_OWNER_URL" in service.get("environment", {})
    ] == ["migrate"]
    assert services["api"]["environment"]["MEMORY_WORKER__ENABLED"] == "false"
    assert services["vllm"].get("ports") is None


def test_the_image_holds_every_package_of_the_distribution() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    dockerfile = (ROOT / "Dockerfile").read_text()
    kept = (ROOT / ".dockerignore").read_text().splitlines()

    assert [p for p in packages if f"COPY {p} {p}\n" not in dockerfile or f"!{p}" not in kept] == []


def _shown(default: Any) -> str:
    if default is None:
        return "none"
    return str(default).lower() if isinstance(default, bool) else str(default)


def _leads(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    return not anchor or anchor in {_anchor(h) for h in _HEADING.findall(_bare(target))}


def _bare(page: Path) -> str:
    return _FENCE.sub("", page.read_text())


def _anchor(heading: str) -> str:
    """As GitHub makes it: lower case, punctuation dropped, a hyphen per space."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
