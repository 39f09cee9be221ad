"""A space of a service without a worker, and the jobs that are run in it by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg

from consolidation.jobs import load
from consolidation.services import Services, Work
from memory_service.telemetry import Metrics
from memory_service.worker import run_job
from stores import jobs, spaces
from stores.database import Database
from stores.ids import now
from stores.records import Space
from tests.integration.graphs import Desk


class Killed(Exception):
    """The job's process is gone."""


class Workbench(Desk):
    """Runs one job at a time, to its end or until it is killed."""

    @property
    def database(self) -> Database:
        """The database beneath."""
        return self.service.parts.services.database

    async def job(self, name: str) -> dict[str, Any]:
        """Run a job as the worker does; returns how it ended."""
        _, job_id = await self._enqueued(name)
        await run_job(self.service.parts.jobs, Metrics(), self.tenant.id, job_id)
        told: dict[str, Any] = (await self.tenant.admin.get(f"/v1/jobs/{job_id}")).json()
        assert (told["state"], told["error"]) == ("succeeded", None), told
        return told

    async def work(self, name: str, *, stretch: int | None = None, **changes: Any) -> None:
        """Run a job here, with other services or stretches: whatever it raises comes through."""
        space, job_id = await self._enqueued(name)
        services: Services = replace(self.service.parts.jobs, **changes)
        run: Any = load()[name].run
        options = {} if stretch is None else {"stretch": stretch}
        work = Work(tenant=self.tenant.id, space=space, job_id=job_id)
        await run(services, work, **options)

    async def kill(self, name: str, *, after: int, stretch: int | None = None) -> None:
        """Run a job until it has asked for the time so often, which it does in every stretch."""
        left = after

        def clock() -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return now()

        try:
            await self.work(name, stretch=stretch, clock=clock)
        except Killed:
            return
        raise AssertionError(f"{name} was not killed")

    async def runs(self, method: str) -> list[dict[str, Any]]:
        """The runs of a method that count, the newest first."""
        found = (await self.get("/runs"))["items"]
        return [r for r in found if r["method"]["name"] == method and not r["undone_at"]]

    async def undo(self, run_id: str, *, cascade: bool = False) -> None:
        """Take a run back."""
        await self.post(f"/v1/runs/{run_id}/undo", cascade=cascade)

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """What a statement finds in the tenant's rows."""
        with psycopg.connect(self.database.url) as connection:
            connection.execute(f"SET LOCAL app.tenant = '{self.tenant.id}'")
            return connection.execute(sql.encode()).fetchall()

    def lives(self) -> dict[str, str]:
        """The state of each memory that was made of others, by content."""
        return dict(self.rows("""
            SELECT content, state FROM memories
            WHERE origin = 'derived' AND expired_at IS NULL AND type = 'semantic'
        """))  # fmt: skip

    async def _enqueued(self, name: str) -> tuple[Space, UUID]:
        async with self.database.write(self.tenant.id) as session:
            space = await spaces.get_space(session, self.name)
            return space, await jobs.enqueue(session, space.id, name, now=now())
