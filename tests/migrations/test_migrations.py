"""The migrations go up and down again, and make exactly the tables the code knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

import migrations
from stores import schema
from stores.database import sqlalchemy_url
from stores.errors import SetupError
from stores.ids import now
from stores.upgrade import ModelRow, downgrade, latest_revision, upgrade
from tests.fixtures.database import MODEL, Server, Urls

#: What a downgrade leaves: Alembic's own note of where it is.
_LEFT = {"alembic_version"}


@pytest.fixture
def empty(server: Server) -> Iterator[Urls]:
    """A database without any schema."""
    urls = server.create()
    yield urls
    server.drop(urls)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return config


def _objects(url: str) -> dict[str, set[str]]:
    with psycopg.connect(url) as connection:
        return {
            "tables": _names(connection, "SELECT tablename FROM pg_tables", "schemaname"),
            "indexes": _names(connection, "SELECT indexname FROM pg_indexes", "schemaname"),
            "policies": _names(connection, "SELECT policyname FROM pg_policies", "schemaname"),
            "functions": _names(
                connection,
                "SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace",
                "nspname",
                "proname LIKE 'procrastinate%'",
            ),
        }


def _names(
    connection: psycopg.Connection, select: str, schema: str, also: str = "true"
) -> set[str]:
    rows = connection.execute(f"{select} WHERE {schema} = 'public' AND {also}").fetchall()
    return {row[0] for row in rows}


def test_up_down_and_up_again_ends_where_it_began(empty: Urls) -> None:
    upgrade(empty.owner, empty.service, [MODEL], now())
    first = _objects(empty.superuser)

    downgrade(empty.owner)
    left = _objects(empty.superuser)
    assert left["tables"] <= _LEFT
    assert not left["policies"]
    assert not left["functions"]

    upgrade(empty.owner, empty.service, [MODEL], now())
    assert _objects(empty.superuser) == first


def test_every_tenant_table_is_made_and_partitioned_as_declared(empty: Urls) -> None:
    upgrade(empty.owner, empty.service, [], now())
    tables = _objects(empty.superuser)["tables"]
    assert set(schema.metadata.tables) <= tables
    parts = {f"memories_p{number}" for number in range(schema.PARTITIONS)}
    assert parts <= tables


def test_upgrading_twice_changes_nothing(empty: Urls) -> None:
    upgrade(empty.owner, empty.service, [MODEL], now())
    first = _objects(empty.superuser)
    upgrade(empty.owner, empty.service, [MODEL], now())
    assert _objects(empty.superuser) == first


def test_the_schema_has_not_drifted_from_the_tables_in_code(urls: Urls) -> None:
    engine = create_engine(sqlalchemy_url(urls.owner), poolclass=NullPool)
    with engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.check(config)
    engine.dispose()


def test_there_is_one_line_of_migrations() -> None:
    script = ScriptDirectory.from_config(_config())
    assert script.get_heads() == [latest_revision()]


def test_a_model_of_another_width_under_the_same_name_is_refused(empty: Urls) -> None:
    upgrade(empty.owner, empty.service, [MODEL], now())
    wider = ModelRow(name=MODEL.name, dimensions=MODEL.dimensions * 2)
    with pytest.raises(SetupError, match="64 dimensions"):
        upgrade(empty.owner, empty.service, [wider], now())


def test_a_superuser_is_refused_as_the_service_role(empty: Urls) -> None:
    with pytest.raises(SetupError, match="no superuser"):
        upgrade(empty.superuser, empty.superuser, [], now())
