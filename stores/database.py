"""The way into PostgreSQL: read and write transactions, each bound to one tenant.

A `ReadSession` cannot write and a `WriteSession` commits when its block ends, nowhere else. The
tenant is set with SET LOCAL, which row-level security reads; outside a transaction of ours the
service role sees no row of any tenant.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from types import MappingProxyType
from typing import Any, LiteralString, TypeVar, cast
from uuid import UUID

import psycopg
from pgvector import HalfVector
from pgvector.psycopg import register_vector_async
from psycopg.rows import namedtuple_row
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import Row, TextClause, event, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from stores.errors import Conflict, SetupError, StoreBusy, StoreUnavailable
from stores.ids import TenantId
from stores.settings import StoreSettings

T = TypeVar("T")
Params = Mapping[str, Any]
Driver = psycopg.AsyncConnection[Any]
#: Constants of the program, never values from outside: SET takes no bound parameters.
ServerSettings = Mapping[LiteralString, LiteralString]
NO_SETTINGS: ServerSettings = MappingProxyType({})
#: No tenant has this id.
_NOBODY = TenantId(UUID(int=0))
_FAILED_COMMIT = "failed to commit transaction"
#: libpq's question to the user, which says less than the line before it.
_HINT = "Is the server running"
#: What ends one statement while the server is well.
_BUSY = (
    psycopg.errors.QueryCanceled,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)
_MINIMUM_SERVER = 160_000
#: Seconds after which an idle connection is looked at before it is used.
_IDLE_S = 0.1
_CHECK = text("""
    SELECT current_setting('server_version_num')::int AS server,
           rolsuper OR rolbypassrls AS above_rules,
           to_regclass('alembic_version') IS NOT NULL AS migrated,
           EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'vector') AS vector,
           EXISTS (SELECT 1 FROM pg_tables t WHERE t.tablename = 'memories'
                   AND t.schemaname = current_schema() AND t.tableowner = current_user) AS owner
    FROM pg_roles WHERE rolname = current_user
""")
_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
_REVISION = text("SELECT version_num FROM alembic_version")


class VectorList(list[HalfVector]):
    """Vectors to be bound as one array, in binary: as text they cost ten times the processor."""


class ReadSession:
    """A read-only transaction of one tenant. `:tenant` is bound in every statement."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self.tenant = tenant

    async def rows(self, sql: TextClause, /, **params: Any) -> Sequence[Row[Any]]:
        """Every row the statement returns."""
        result = await self._connection.execute(sql, {"tenant": self.tenant, **params})
        return result.all()

    async def row(self, sql: TextClause, /, **params: Any) -> Row[Any] | None:
        """The first row, or None."""
        found = await self.rows(sql, **params)
        return found[0] if found else None

    async def scalar(self, sql: TextClause, /, **params: Any) -> Any:
        """The first column of the first row, or None."""
        found = await self.row(sql, **params)
        return None if found is None else found[0]


class SingleSession(ReadSession):
    """Every statement is a read-only transaction of its own, in one round trip from begin to end.

    It goes to the driver at once: what SQLAlchemy adds takes longer than many a statement.
    """

    def __init__(self, connection: AsyncConnection, tenant: TenantId, start: Sequence[str]) -> None:
        super().__init__(connection, tenant)
        self._start = start

    async def rows(self, sql: TextClause, /, **params: Any) -> Sequence[Row[Any]]:
        driver = await _driver(self._connection)
        cursor = driver.cursor(row_factory=namedtuple_row)
        # Named tuples: what readers ask of a row of SQLAlchemy's, they have as well.
        return cast("Sequence[Row[Any]]", await self._fetched(driver, cursor, sql, params))

    async def tuples(self, sql: TextClause, /, **params: Any) -> list[tuple[Any, ...]]:
        """Every row as a plain tuple, in the order of the columns: for reads of many rows."""
        driver = await _driver(self._connection)
        return await self._fetched(driver, driver.cursor(binary=True), sql, params)

    async def _fetched(
        self, driver: Driver, cursor: psycopg.AsyncCursor[T], sql: TextClause, params: Params
    ) -> list[T]:
        async with driver.pipeline():
            for setting in self._start:
                await driver.execute(setting.encode(), prepare=False)
            values = {"tenant": self.tenant, **params}
            await cursor.execute(_driver_sql(sql.text), values, prepare=True)
            await driver.commit()
        return await cursor.fetchall()


class WriteSession(ReadSession):
    """A transaction that writes; it is committed when the block that opened it ends."""

    async def execute(self, sql: TextClause, /, **params: Any) -> int:
        """Run the statement; returns how many rows it touched."""
        result = await self._connection.execute(sql, {"tenant": self.tenant, **params})
        return int(result.rowcount)

    async def execute_many(self, sql: TextClause, many: Sequence[Params]) -> None:
        """Run the statement once per parameter set, in one round trip."""
        if many:
            sets = [{"tenant": self.tenant, **params} for params in many]
            await self._connection.execute(sql, sets)

    async def raw(self) -> psycopg.AsyncConnection[Any]:
        """The driver's connection, inside this transaction; for `stores.jobs` alone."""
        return await _driver(self._connection)


class Database:
    """A pool of connections of the service role."""

    def __init__(self, url: str, settings: StoreSettings) -> None:
        self._url = url
        self._settings = settings
        self._engine = _engine(url, settings)

    @property
    def url(self) -> str:
        """The libpq URL; the queue opens a few connections of its own with it."""
        return self._url

    @property
    def pool_in_use(self) -> int:
        """Connections checked out at this moment."""
        return int(self._engine.pool.checkedout())  # type: ignore[attr-defined]

    @asynccontextmanager
    async def read(
        self, tenant: TenantId, settings: ServerSettings = NO_SETTINGS
    ) -> AsyncIterator[ReadSession]:
        """A read-only transaction; `settings` of the server hold for it alone."""
        more = "".join(f"; SET LOCAL {name} = {value}" for name, value in settings.items())
        start = f"SET LOCAL transaction_read_only = on{more}"
        async with self._transaction(tenant, start) as connection:
            yield ReadSession(connection, tenant)

    @asynccontextmanager
    async def single(
        self, tenant: TenantId, settings: ServerSettings = NO_SETTINGS
    ) -> AsyncIterator[SingleSession]:
        """As `read`, but each statement sees what is committed when it begins, and none waits.

        For a read of one statement; of several, only where they need not see the same state.
        """
        start = [
            # A UUID's text holds no quotes, and SET takes no bound parameters.
            f"SET LOCAL app.tenant = '{tenant}'",
            "SET LOCAL transaction_read_only = on",
            *(f"SET LOCAL {name} = {value}" for name, value in settings.items()),
        ]
        async with self._connection() as connection:
            try:
                yield SingleSession(connection, tenant, start)
            except (asyncio.CancelledError, psycopg.OperationalError):
                # It is broken, or somewhere between two answers.
                await connection.invalidate()
                raise

    @asynccontextmanager
    async def write(self, tenant: TenantId) -> AsyncIterator[WriteSession]:
        """A transaction that is committed at the end of the block, rolled back on any error."""
        async with self._transaction(tenant, "SET LOCAL lock_timeout = '10s'") as connection:
            yield WriteSession(connection, tenant)

    @asynccontextmanager
    async def presenting(self, key_hash: bytes) -> AsyncIterator[ReadSession]:
        """A transaction that sees one row of `api_keys`: the one with this hash, and no tenant."""
        async with self._connection() as connection, connection.begin():
            await connection.execute(text(f"SET LOCAL app.key_hash = '{key_hash.hex()}'"))
            yield ReadSession(connection, _NOBODY)

    async def check(self, revision: str) -> None:
        """Raises SetupError with one clear line where the server, schema or role will not do."""
        async with self._connection() as connection:
            found = (await connection.execute(_CHECK)).one()
            if found.server < _MINIMUM_SERVER:
                raise SetupError(
                    f"PostgreSQL 16 or newer is needed, this is {found.server // 10000}"
                )
            if found.above_rules or found.owner:
                raise SetupError(
                    "MEMORY_DATABASE_URL must be a role that is no superuser, has no BYPASSRLS and "
                    "does not own the tables, or tenants would not be kept apart"
                )
            if not found.vector:
                raise SetupError(
                    "the extension vector is missing: install pgvector and run "
                    "'memory-service migrate'"
                )
            current = await self._revision(connection) if found.migrated else None
            if current != revision:
                raise SetupError(
                    f"the schema is at {current or 'nothing'}, this release needs {revision}: run "
                    "'memory-service migrate'"
                )

    async def ping(self) -> None:
        """Raises StoreUnavailable unless the server answers."""
        async with self._connection() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def _revision(self, connection: AsyncConnection) -> str | None:
        found: str | None = (await connection.execute(_REVISION)).scalar()
        return found

    @asynccontextmanager
    async def _transaction(self, tenant: TenantId, also: str) -> AsyncIterator[AsyncConnection]:
        # A UUID's text holds no quotes, and SET takes no bound parameters.
        start = text(f"SET LOCAL app.tenant = '{tenant}'; {also}")
        async with self._connection() as connection:
            async with connection.begin():
                await connection.execute(start)
                yield connection
            await _raise_for_failed_commit(connection)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.connect() as connection:
                yield connection
        except IntegrityError as error:
            raise Conflict("the write contradicts what is stored now; read again") from error
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            raise _unanswered(error, getattr(error, "orig", None)) from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise _unanswered(error, error) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise SetupError(f"{error}: run 'memory-service migrate'") from error
        except DBAPIError as error:
            if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
                raise SetupError(f"{error.orig}: run 'memory-service migrate'") from error
            if error.connection_invalidated:
                raise unavailable(error) from error
            raise


def _engine(url: str, settings: StoreSettings) -> AsyncEngine:
    milliseconds = int(settings.statement_timeout_s * 1000)
    engine = create_async_engine(
        sqlalchemy_url(url),
        pool_size=settings.pool_size,
        max_overflow=0,
        # The connection used last has its plans and pages at hand.
        pool_use_lifo=True,
        pool_timeout=10,
        hide_parameters=True,  # they hold memory text, which belongs in no log
        connect_args={
            "connect_timeout": settings.connect_timeout_s,
            "application_name": "memory-service",
            # A generic plan prunes no partitions and knows no counts, so plan every time.
            "options": f"-c timezone=UTC -c statement_timeout={milliseconds} "
            "-c plan_cache_mode=force_custom_plan",
        },
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "checkout", _look_if_idle)
    event.listen(engine.sync_engine, "checkin", _note_time)
    return engine


def _prepare(adapted: Any, _record: object) -> None:
    """Teach a new connection the vector types, and have it remember failed commits."""
    adapted.run_async(_register_vector)
    connection = adapted.driver_connection
    connection.failed_commits = []

    def listen(notice: Any) -> None:
        if _FAILED_COMMIT in (notice.message_primary or ""):
            connection.failed_commits.append(notice.message_primary)

    connection.add_notice_handler(listen)


def _note_time(_adapted: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _look_if_idle(adapted: Any, record: Any, _proxy: object) -> None:
    """See whether a connection that lay idle still works; a busy one need not prove it."""
    if time.monotonic() - record.info.get("used", 0.0) < _IDLE_S:
        return
    try:
        cursor = adapted.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        adapted.rollback()
    except psycopg.Error as error:
        raise DisconnectionError("the connection is gone") from error


async def _register_vector(connection: psycopg.AsyncConnection[Any]) -> None:
    # Where the extension is missing, `Database.check` says so; it needs a connection for that.
    with suppress(psycopg.ProgrammingError):
        await register_vector_async(connection)
        connection.adapters.register_dumper(VectorList, ListBinaryDumper)


async def _driver(connection: AsyncConnection) -> psycopg.AsyncConnection[Any]:
    adapted = await connection.get_raw_connection()
    driver = adapted.driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)  # noqa: S101
    return driver


@lru_cache(maxsize=1000)
def _driver_sql(sql: str) -> bytes:
    """The statement with the parameters as the driver writes them."""
    return str(text(sql).compile(dialect=_DIALECT)).encode()


async def _raise_for_failed_commit(connection: AsyncConnection) -> None:
    """On a cluster, COMMIT can fail with no more than a warning (POSTGRES rules)."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if driver is not None and driver.failed_commits:
        driver.failed_commits.clear()
        raise StoreUnavailable("the cluster did not commit; repeat the request with the same key")


def sqlalchemy_url(url: str) -> str:
    """A libpq URL with the driver SQLAlchemy needs."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1).replace(
        "postgres://", "postgresql+psycopg://", 1
    )


def _unanswered(error: Exception, cause: object) -> StoreUnavailable | StoreBusy:
    if isinstance(cause, _BUSY):
        return StoreBusy("the database is busy with another change; try again")
    return unavailable(error)


def unavailable(error: Exception) -> StoreUnavailable:
    """One clear line for why the database cannot be used."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    told = [line.strip() for line in said if not line.strip().startswith(_HINT)]
    line = told[-1] if told else type(error).__name__
    if "password authentication failed" in line or "no password supplied" in line:
        return SetupError(f"the database refused the role or its password: {line}")
    if "does not exist" in line and ("role" in line or "database" in line):
        return SetupError(f"the database or role is missing: {line}")
    if isinstance(error, PoolTimeout):
        return StoreUnavailable("every database connection is in use; try again shortly")
    return StoreUnavailable(f"the database does not answer: {line}")
