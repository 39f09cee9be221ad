"""An external PostgreSQL: migrated by its owner, served as a lesser role, refused in one line."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.external import SUPERUSER, Cluster
from tests.acceptance.processes import Service, free_port, remember, run, settled

Start = Callable[..., Service]
OWNER, OWNER_PASSWORD = "keeper", "keepers-secret"
SERVICE, SERVICE_PASSWORD = "waiter", "waiters-s3cret"


@dataclass(frozen=True)
class Prepared:
    """A database as an administrator hands it over: an owner, the extension, nothing else."""

    cluster: Cluster
    name: str

    def url(
        self, role: str = SERVICE, password: str = SERVICE_PASSWORD, database: str | None = None
    ) -> str:
        """For the service role, unless told otherwise."""
        return self.cluster.url(role, database or self.name, password)

    def variables(self, **changed: str) -> dict[str, str]:
        """The settings that name both roles."""
        plain = {
            "MEMORY_DATABASE_URL": self.url(),
            "MEMORY_DATABASE_OWNER_URL": self.url(OWNER, OWNER_PASSWORD),
        }
        return plain | changed


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One server for the whole file."""
    folder = Path(tempfile.mkdtemp(prefix="external-"))
    one = Cluster(folder)
    one.start()
    with one.superuser() as connection:
        connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{OWNER_PASSWORD}'")
    yield one
    one.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Prepared]:
    """A new database with the extension in it."""
    name = f"db_{abs(hash(request.node.nodeid)) % 10**8}"
    with cluster.superuser() as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
    with cluster.superuser(name) as connection:
        connection.execute("CREATE EXTENSION vector")
    yield Prepared(cluster, name)
    with cluster.superuser() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.execute(f"DROP ROLE IF EXISTS {SERVICE}")


@pytest.fixture
def migrated(database: Prepared) -> Prepared:
    """The same, migrated."""
    done = run("migrate", variables=database.variables())
    assert done.returncode == 0, done.stderr
    return database


def serve_once(folder: Path, url: str, timeout: float = 20) -> subprocess.CompletedProcess[str]:
    """Start `serve` where it has to give up by itself."""
    port = str(free_port())
    where = ("--port", port, "--data-dir", str(folder / "data"))
    return run("serve", *where, variables={"MEMORY_DATABASE_URL": url}, timeout=timeout)


def refused(done: subprocess.CompletedProcess[str], *said: str) -> None:
    """It ended with one clear line that says these things."""
    errors = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert done.returncode == 1, done.stderr
    assert len(errors) == 1, done.stderr
    assert errors[0].startswith("error: ")
    assert "Traceback" not in done.stderr
    for part in said:
        assert part in errors[0]


def test_from_nothing_to_a_recall(service: Start, migrated: Prepared, data_dir: Path) -> None:
    """`migrate` made role, schema and grants, twice over; `serve` needs the lesser role only."""
    again = run("migrate", variables=migrated.variables())
    assert again.returncode == 0, again.stderr
    serve = service(MEMORY_DATABASE_URL=migrated.url()).start().wait_ready()
    assert not (data_dir / "postgres").exists()
    with serve.client() as client:
        remember(client, "outside", "I bought a red bicycle in Ghent.")
        status = settled(client, "outside")
        assert status["failed_jobs"] == 0
        assert status["memories"]["semantic"] == 1
        answer = client.post("/v1/spaces/outside/recall", json={"query": "red bicycle"})
        assert answer.raise_for_status().json()["hits"]
    serve.stop()
    with migrated.cluster.superuser() as connection:
        rights = "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = %s"
        row = connection.execute(rights, (SERVICE,)).fetchone()
    assert row == (False,)


def test_server_restarts_under_the_service(service: Start, migrated: Prepared) -> None:
    """Sessions that the server ends are opened again; what was queued is done."""
    serve = service(MEMORY_DATABASE_URL=migrated.url()).start().wait_ready()
    with serve.client() as client:
        lines = [f"Sentence {n} of the almanac." for n in range(600)]
        for _ in range(5):
            remember(client, "shaken", *lines)
            with migrated.cluster.superuser() as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s",
                    (SERVICE,),
                )
            time.sleep(0.4)
        status = settled(client, "shaken", 60)
    assert status["failed_jobs"] == 0
    assert status["episodes"] == 3000


def test_wrong_password(folder: Path, migrated: Prepared) -> None:
    refused(serve_once(folder, migrated.url(password="wrong")), "password", "refused the role")


def test_wrong_owner_password(database: Prepared) -> None:
    owner_url = database.url(OWNER, "wrong")
    done = run("migrate", variables=database.variables(MEMORY_DATABASE_OWNER_URL=owner_url))
    refused(done, "password", "refused the role")


def test_migrate_without_owner(database: Prepared) -> None:
    done = run("migrate", variables={"MEMORY_DATABASE_URL": database.url()})
    refused(done, "set MEMORY_DATABASE_OWNER_URL")


def test_missing_database(folder: Path, migrated: Prepared) -> None:
    done = serve_once(folder, migrated.url(database="nowhere"))
    refused(done, 'database "nowhere" does not exist', "missing")


def test_unmigrated(folder: Path, database: Prepared) -> None:
    with database.cluster.superuser() as connection:
        connection.execute(f"CREATE ROLE {SERVICE} LOGIN PASSWORD '{SERVICE_PASSWORD}'")
    refused(serve_once(folder, database.url()), "run 'memory-service migrate'")


@pytest.mark.parametrize("attribute", ["SUPERUSER", "BYPASSRLS"])
def test_service_role_above_the_rules(folder: Path, migrated: Prepared, attribute: str) -> None:
    """A role that sees every tenant's rows is not accepted, by `migrate` neither."""
    with migrated.cluster.superuser() as connection:
        connection.execute(f"ALTER ROLE {SERVICE} {attribute}")
    refused(serve_once(folder, migrated.url()), "no superuser", "BYPASSRLS")
    refused(run("migrate", variables=migrated.variables()), "no superuser", "BYPASSRLS")


def test_service_role_owns_the_tables(folder: Path, migrated: Prepared) -> None:
    done = serve_once(folder, migrated.url(OWNER, OWNER_PASSWORD))
    refused(done, "does not own the tables")


def test_extension_not_in_the_database(folder: Path, migrated: Prepared) -> None:
    with migrated.cluster.superuser(migrated.name) as connection:
        connection.execute("DROP EXTENSION vector CASCADE")
    refused(serve_once(folder, migrated.url()), "vector", "install pgvector")


def test_extension_not_on_the_server(database: Prepared) -> None:
    with database.cluster.superuser(database.name) as connection:
        connection.execute("DROP EXTENSION vector")
        connection.execute(f"ALTER DATABASE {database.name} SET extension_control_path = '/none'")
    refused(run("migrate", variables=database.variables()), "vector", "install")


def test_server_too_old(folder: Path, migrated: Prepared) -> None:
    """The server is made to tell of an older version than it is."""
    with migrated.cluster.superuser(migrated.name) as connection:
        connection.execute(
            "CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE sql "
            "AS $$ SELECT CASE $1 WHEN 'server_version_num' THEN '150004' "
            "ELSE pg_catalog.current_setting($1) END $$"
        )
        connection.execute(f"ALTER DATABASE {migrated.name} SET search_path = public, pg_catalog")
    refused(serve_once(folder, migrated.url()), "PostgreSQL 16 or newer", "this is 15")
    refused(run("migrate", variables=migrated.variables()), "PostgreSQL 16 or newer")


def test_nobody_listens(folder: Path, migrated: Prepared) -> None:
    """`doctor` says so at once; `serve` waits half a minute for a database that is starting."""
    nowhere = migrated.url().replace(f":{migrated.cluster.port}/", f":{free_port()}/")
    began = time.monotonic()
    done = run("doctor", "--json", variables={"MEMORY_DATABASE_URL": nowhere})
    assert time.monotonic() - began < 10
    assert done.returncode == 1
    assert "Connection refused" in done.stdout
    assert "Traceback" not in done.stderr
    began = time.monotonic()
    refused(serve_once(folder, nowhere, timeout=60), "Connection refused")
    assert 25 < time.monotonic() - began < 45


def test_database_comes_late(service: Start, folder: Path) -> None:
    """`serve` started before its database waits, and asks it as soon as it is there."""
    late = Cluster(folder / "late")
    (folder / "late").mkdir()
    url = late.url(SUPERUSER, "postgres", "wrong")
    serve = service(MEMORY_DATABASE_URL=url).start()
    time.sleep(3)
    answer = serve.get("/readyz")
    assert answer is not None
    assert answer.status_code == 503
    late.start()
    try:
        assert serve.wait_exit(15) == 1
        assert "refused the role" in serve.said()
    finally:
        late.stop()


def test_doctor_on_a_good_one(migrated: Prepared) -> None:
    done = run("doctor", "--json", variables=migrated.variables())
    assert done.returncode == 0, done.stdout + done.stderr
    assert SERVICE_PASSWORD not in done.stdout
    assert OWNER_PASSWORD not in done.stdout
