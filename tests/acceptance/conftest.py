"""The product as processes, on a data directory of its own, driven over HTTP."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import psutil
import pytest

from tests.acceptance.processes import Service, postgres_processes

Start = Callable[..., Service]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the database's own user may enter, with a name short enough for a socket."""
    path = Path(tempfile.mkdtemp(prefix="memory-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def data_dir(folder: Path) -> Path:
    """Where the product is told to keep its data; it makes the directory itself."""
    return folder / "data"


@pytest.fixture
def service(folder: Path, data_dir: Path) -> Iterator[Start]:
    """Makes services, not yet started; whatever still runs at the end of the test is killed."""
    made: list[Service] = []
    numbers = count()

    def make(**variables: str) -> Service:
        log = folder / f"{next(numbers)}.log"
        made.append(Service(data_dir, log, variables))
        return made[-1]

    yield make
    for one in made:
        if one.process is not None:
            one.kill()
    for process in postgres_processes(data_dir):
        with suppress(psutil.NoSuchProcess):  # it ended meanwhile
            process.kill()
