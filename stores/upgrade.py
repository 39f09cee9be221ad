"""Brings a database to this release's schema, as the owner role, and lets the service role in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from stores.database import sqlalchemy_url, unavailable
from stores.errors import SetupError
from stores.ids import model_id_of
from stores.schema import metadata

_SERVER = text("SELECT current_setting('server_version_num')::int")
_ROLE = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :role")
_ADD_MODEL = text("""
    INSERT INTO embedding_models (model_id, name, dimensions, created_at)
    VALUES (:model, :name, :dimensions, :now) ON CONFLICT DO NOTHING
""")
_GET_DIMENSIONS = text("SELECT dimensions FROM embedding_models WHERE model_id = :model")
#: The advisory lock of whoever prepares the database; another than that of the migrations.
_STARTING = 7_306_291_102
_QUEUE_TABLES = (
    "procrastinate_jobs", "procrastinate_events", "procrastinate_periodic_defers",
    "procrastinate_workers",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRow:
    """An embedding model the service is going to use."""

    name: str
    dimensions: int


def latest_revision() -> str:
    """The revision this release needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None  # noqa: S101
    return head


def bootstrap(superuser_url: str, *, owner: str, service: str, database: str) -> None:
    """On a server of our own: make the roles, the database and the extension."""
    inside = make_url(superuser_url).set(database=database).render_as_string(hide_password=False)
    with _connect(superuser_url, autocommit=True) as connection:
        _one_at_a_time(connection)
        for role in (owner, service):
            _create_role(connection, role, None)
        exists = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if connection.execute(exists, {"name": database}).scalar() is None:
            names = (sql.Identifier(database), sql.Identifier(owner))
            _run(connection, sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))
        with _connect(inside, autocommit=True) as own:
            own.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))


def upgrade(owner_url: str, service_url: str, models: Sequence[ModelRow], now: datetime) -> None:
    """Migrate, grant the service role what it needs, and index the vectors of each model.

    Raises SetupError with one clear line where the server or the role will not do.
    """
    role = make_url(service_url)
    with _connect(owner_url) as connection:
        _check_server(connection)
        _one_at_a_time(connection)
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
            _ensure_service_role(connection, role.username or "", role.password)
            _grant(connection, role.username or "")
            for model in models:
                _add_model(connection, model, now)
        except ProgrammingError as error:
            raise SetupError(_first_line(error)) from error


def downgrade(owner_url: str) -> None:
    """Remove everything the migrations made; for tests of the migrations."""
    with _connect(owner_url) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")


def _config() -> Config:
    import migrations

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return config


class _connect:  # noqa: N801 - a context manager used as a function
    """A connection that is thrown away afterwards; connection errors become one clear line."""

    def __init__(self, url: str, *, autocommit: bool = False) -> None:
        isolation = "AUTOCOMMIT" if autocommit else "READ COMMITTED"
        self._engine = create_engine(
            sqlalchemy_url(url), poolclass=NullPool, isolation_level=isolation
        )

    def __enter__(self) -> Connection:
        try:
            self._connection = self._engine.connect()
        except OperationalError as error:
            raise unavailable(error) from error
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._engine.dispose()


def _one_at_a_time(connection: Connection) -> None:
    """Wait for other processes that start at this moment, until this connection closes."""
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _STARTING})
    connection.commit()


def _check_server(connection: Connection) -> None:
    server = int(connection.execute(_SERVER).scalar_one())
    if server < 160_000:
        raise SetupError(f"PostgreSQL 16 or newer is needed, this is {server // 10_000}")
    available = text("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")
    if connection.execute(available).scalar() is None:
        raise SetupError("the server has no pgvector: install its extension 'vector' (>= 0.8)")
    connection.rollback()


def _ensure_service_role(connection: Connection, role: str, password: str | None) -> None:
    above = connection.execute(_ROLE, {"role": role}).scalar()
    if above is None:
        _create_role(connection, role, password)
        connection.commit()
    elif above:
        raise SetupError(f"the service role {role!r} must be no superuser and have no BYPASSRLS")


def _create_role(connection: Connection, role: str, password: str | None) -> None:
    if connection.execute(_ROLE, {"role": role}).scalar() is not None:
        return
    create = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role))
    if password:
        create = create + sql.SQL(" PASSWORD {}").format(sql.Literal(password))
    try:
        _run(connection, create)
    except ProgrammingError as error:
        raise SetupError(
            f"the owner may not create roles; as a superuser: CREATE ROLE {role} LOGIN PASSWORD …"
        ) from error


def _grant(connection: Connection, role: str) -> None:
    """The parents only: a partition read directly would bypass its parent's policy."""
    to = sql.Identifier(role)
    for table in (*metadata.tables, *_QUEUE_TABLES):
        rights = "SELECT" if table == "embedding_models" else "SELECT, INSERT, UPDATE, DELETE"
        grant = sql.SQL("GRANT " + rights + " ON {} TO {}")
        _run(connection, grant.format(sql.Identifier(table), to))
    _run(connection, sql.SQL("GRANT SELECT ON alembic_version TO {}").format(to))
    _run(connection, sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(to))
    connection.commit()


def _add_model(connection: Connection, model: ModelRow, now: datetime) -> None:
    """The row the vectors refer to, and the partial HNSW index over them.

    A thinner graph than the default 16/64 costs a third less to write and at 20,000 vectors still
    finds 99.9 % of the nearest 50 with ef_search = 200.
    """
    model_id = model_id_of(model.name)
    values = {"model": model_id, "name": model.name, "dimensions": model.dimensions, "now": now}
    connection.execute(_ADD_MODEL, values)
    found = connection.execute(_GET_DIMENSIONS, {"model": model_id}).scalar_one()
    if found != model.dimensions:
        raise SetupError(
            f"the vectors of {model.name!r} have {found} dimensions, the model has "
            f"{model.dimensions}: give the new model another name"
        )
    for table in ("vectors", "graph_vectors"):
        index = sql.SQL(
            "CREATE INDEX IF NOT EXISTS {} ON {} USING hnsw "
            "((embedding::halfvec({})) halfvec_cosine_ops) "
            "WITH (m = 12, ef_construction = 40) WHERE model_id = {}"
        ).format(
            sql.Identifier(f"{table}_hnsw_{model_id.hex[:16]}"),
            sql.Identifier(table),
            sql.Literal(model.dimensions),
            sql.Literal(str(model_id)),
        )
        _run(connection, index)
    _run(connection, _cold_index(model_id.hex[:16], model))
    connection.commit()


def _cold_index(number: str, model: ModelRow) -> sql.Composable:
    """Over one bit per dimension, which is its sign: a sixteenth of a vector."""
    bits = sql.SQL("binary_quantize(embedding::halfvec({0}))::bit({0})").format(
        sql.Literal(model.dimensions)
    )
    return sql.SQL(
        "CREATE INDEX IF NOT EXISTS {} ON cold_vectors USING hnsw (({}) bit_hamming_ops) "
        "WHERE model_id = {}"
    ).format(
        sql.Identifier(f"cold_vectors_hnsw_{number}"),
        bits,
        sql.Literal(str(model_id_of(model.name))),
    )


def _run(connection: Connection, statement: sql.Composable) -> None:
    connection.exec_driver_sql(statement.as_string(None))


def _first_line(error: ProgrammingError) -> str:
    return str(error.orig).strip().splitlines()[0]
