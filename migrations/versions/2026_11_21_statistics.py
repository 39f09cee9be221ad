"""Kept statistics: how many memories of which kind there are, and how long calls took."""

from __future__ import annotations

from alembic import op

from migrations.helpers import distribute, protect

revision = "2026_11_21_statistics"
down_revision = "2026_11_21_adapters"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE census (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    type TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    tier TEXT NOT NULL,
    stale BOOLEAN NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT census_pk PRIMARY KEY (tenant_id, space_id, type, kind, state, tier, stale)
);
CREATE TABLE census_days (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    day DATE NOT NULL,
    type TEXT NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT census_days_pk PRIMARY KEY (tenant_id, space_id, day, type)
);
CREATE TABLE census_changes (
    tenant_id UUID NOT NULL,
    change_id UUID NOT NULL,
    space_id UUID NOT NULL,
    type TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    tier TEXT NOT NULL,
    stale BOOLEAN NOT NULL,
    day DATE NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT census_changes_pk
        PRIMARY KEY (tenant_id, change_id, space_id, type, kind, state, tier, stale, day)
);
CREATE INDEX census_changes_space_idx ON census_changes (tenant_id, space_id);
CREATE TABLE timings (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    minute TIMESTAMP WITH TIME ZONE NOT NULL,
    operation TEXT NOT NULL,
    bucket SMALLINT NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT timings_pk PRIMARY KEY (tenant_id, space_id, minute, operation, bucket)
);
CREATE INDEX timings_minute_idx ON timings (tenant_id, minute)
"""
#: What there is already, each memory on the day it came.
COUNTS = """
INSERT INTO census (tenant_id, space_id, type, kind, state, tier, stale, n)
SELECT m.tenant_id, m.space_id, m.type, m.kind, m.state, coalesce(u.tier, 'hot'),
       coalesce(m.data->>'stale' = 'true', false), count(*)
FROM memories m
LEFT JOIN usage u ON u.tenant_id = m.tenant_id AND u.memory_id = m.memory_id
WHERE m.expired_at IS NULL AND m.state <> 'erased'
GROUP BY 1, 2, 3, 4, 5, 6, 7;
INSERT INTO census_days (tenant_id, space_id, day, type, n)
SELECT m.tenant_id, m.space_id, CAST(f.created_at AT TIME ZONE 'UTC' AS date), m.type, count(*)
FROM memories m
JOIN memories f ON f.tenant_id = m.tenant_id AND f.memory_id = m.memory_id AND f.version = 1
WHERE m.expired_at IS NULL AND m.state <> 'erased'
GROUP BY 1, 2, 3, 4
"""
_NAMES = ("census", "census_days", "census_changes", "timings")


def upgrade() -> None:
    """Make the tables, and count once."""
    _each(TABLES)
    # The owner is under row-level security as well, and acts for no tenant here.
    for table in ("usage", "memories"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    _each(COUNTS)
    for table in ("usage", "memories"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table in _NAMES:
        protect(table)
        distribute(table, colocate_with="tenants")


def downgrade() -> None:
    """Drop them; they are counted anew on the way up."""
    for table in _NAMES:
        op.drop_table(table)


def _each(statements: str) -> None:
    for statement in statements.split(";\n"):
        op.execute(statement)
