"""`keys`: make, list and revoke API keys, on the database itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from memory_service.auth import Role
from memory_service.cli.options import AsJson, DataDir, settings_of
from memory_service.settings import Settings
from memory_service.verbs.keys import DEFAULT_TENANT

Result = TypeVar("Result")
Tenant = Annotated[str, typer.Option(help="The tenant; `create` makes it if it is new.")]
commands = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="keys")


@commands.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for.")] = "key",
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.WRITER,
    tenant: Tenant = DEFAULT_TENANT,
    space: Annotated[
        list[str] | None, typer.Option(help="Limit it to this space; may be repeated.")
    ] = None,
    expires_days: Annotated[int | None, typer.Option(min=1, help="Days it is valid for.")] = None,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it, once."""
    from memory_service.verbs import keys
    from stores.database import Database
    from stores.ids import now

    async def make(database: Database) -> tuple[Any, str]:
        tenant_id = await keys.create_tenant(database, tenant, now)
        expires = None if expires_days is None else now() + timedelta(days=expires_days)
        return await keys.create_key(
            database, tenant_id, name=name, role=role, clock=now, spaces=space, expires_at=expires
        )

    record, secret = _with_database(settings_of(data_dir), make)
    if as_json:
        from memory_service.cli.output import print_json

        print_json({"id": record.key_id, "key": secret, "tenant": tenant, "role": role})
    else:
        typer.echo(secret)


@commands.command("list")
def list_keys(
    tenant: Tenant = DEFAULT_TENANT, data_dir: DataDir = None, *, as_json: AsJson = False
) -> None:
    """Show a tenant's keys, without the keys themselves."""
    from memory_service.cli.output import print_json, print_table
    from stores import keys
    from stores.database import Database
    from stores.ids import tenant_id_of

    async def read(database: Database) -> list[keys.ApiKey]:
        found: list[keys.ApiKey] = []
        async with database.read(tenant_id_of(tenant)) as session:
            after: UUID | None = UUID(int=0)
            while after is not None:
                page = await keys.list_keys(session, after=after, limit=200)
                found += page.items
                after = UUID(page.next_cursor) if page.next_cursor else None
        return found

    rows = [
        {
            "id": str(key.key_id),
            "name": key.name,
            "role": key.role,
            "spaces": "all" if key.spaces is None else ", ".join(key.spaces),
            "expires": _day(key.expires_at),
            "created": _day(key.created_at),
        }
        for key in _with_database(settings_of(data_dir), read)
    ]
    if as_json:
        print_json(rows)
    else:
        columns = ["id", "name", "role", "spaces", "expires", "created"]
        print_table(columns, [[row[column] for column in columns] for row in rows])


@commands.command()
def revoke(key_id: UUID, tenant: Tenant = DEFAULT_TENANT, data_dir: DataDir = None) -> None:
    """Revoke a key; running services notice within five seconds."""
    from stores import keys
    from stores.database import Database
    from stores.ids import tenant_id_of

    async def delete(database: Database) -> None:
        async with database.write(tenant_id_of(tenant)) as session:
            await keys.delete_key(session, key_id)

    _with_database(settings_of(data_dir), delete)
    typer.echo(f"Revoked {key_id}.")


def _with_database(settings: Settings, use: Callable[[Any], Awaitable[Result]]) -> Result:
    """Open the database, joining a running service if need be, use it, and leave."""
    from memory_service.wiring import Store

    async def run() -> Result:
        store = Store(settings, [])
        try:
            return await use(await store.open())
        finally:
            await store.close()

    return asyncio.run(run())


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d}"
