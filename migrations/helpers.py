"""What every migration of a tenant table needs: partitions, row-level security, distribution."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

#: The tenant of the transaction. Without one it is NULL, and NULL equals no row's tenant.
TENANT = "NULLIF(current_setting('app.tenant', true), '')::uuid"


def partition(table: str, count: int) -> None:
    """Split a table created PARTITION BY HASH; nobody is granted access to the parts themselves."""
    for part in range(count):
        op.execute(
            f"CREATE TABLE {table}_p{part} PARTITION OF {table} "
            f"FOR VALUES WITH (MODULUS {count}, REMAINDER {part})"
        )


def protect(table: str, *, also: str = "false") -> None:
    """Row-level security, for the owner too: rows of the transaction's tenant, or `also`."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    rule = f"tenant_id = {TENANT}"
    seen = rule if also == "false" else f"{rule} OR {also}"
    op.execute(f"CREATE POLICY {table}_tenant ON {table} USING ({seen}) WITH CHECK ({rule})")


def distribute(table: str, *, colocate_with: str | None = None) -> None:
    """On a Citus cluster, shard the table by tenant; on plain PostgreSQL, do nothing."""
    connection = op.get_bind()
    citus = text("SELECT 1 FROM pg_extension WHERE extname = 'citus'")
    if connection.execute(citus).scalar() is None:
        return
    call = text("SELECT create_distributed_table(:table, 'tenant_id', colocate_with => :with)")
    connection.execute(call, {"table": table, "with": colocate_with or "default"})
