"""The fixtures every test may ask for, and an environment without settings of the machine."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import structlog

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.service",
    "tests.fixtures.tiny_base",
    "tests.fixtures.vllm_server",
]

#: A superuser's URL of a PostgreSQL server to test on instead of an embedded one.
OWNER_URL = "MEMORY_TEST_OWNER_URL"


@pytest.fixture(scope="session", autouse=True)
def external_server() -> Iterator[str | None]:
    """The server to test on, if one is given; no other MEMORY_ variable reaches a test."""
    with pytest.MonkeyPatch.context() as patch:
        given = os.environ.get(OWNER_URL)
        for name in list(os.environ):
            if name.upper().startswith("MEMORY_"):
                patch.delenv(name)
        yield given


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """A command run in a test sets where logs go: to a stream that is closed after it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
