"""What is learned from many memories: clusters, communities, insights, blocks."""

from __future__ import annotations

from alembic import op

from migrations.helpers import distribute, protect

revision = "2026_11_21_insights"
down_revision = "2026_11_21_consolidation"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE groupings (
    tenant_id UUID NOT NULL,
    grouping_id UUID NOT NULL,
    space_id UUID NOT NULL,
    subject TEXT NOT NULL,
    run_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT groupings_pk PRIMARY KEY (tenant_id, grouping_id)
);
CREATE INDEX groupings_space_idx ON groupings (tenant_id, space_id, subject, created_at);
CREATE INDEX groupings_run_idx ON groupings (tenant_id, run_id);
CREATE TABLE grouped (
    tenant_id UUID NOT NULL,
    grouping_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    space_id UUID NOT NULL,
    group_id UUID,
    weight REAL NOT NULL,
    run_id UUID NOT NULL,
    CONSTRAINT grouped_pk PRIMARY KEY (tenant_id, grouping_id, memory_id)
);
CREATE INDEX grouped_memory_idx ON grouped (tenant_id, memory_id);
CREATE INDEX grouped_run_idx ON grouped (tenant_id, run_id);
CREATE TABLE insight_marks (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    run_id UUID NOT NULL,
    cause TEXT NOT NULL,
    space_id UUID NOT NULL,
    delta INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT insight_marks_pk PRIMARY KEY (tenant_id, memory_id, run_id, cause)
);
CREATE INDEX insight_marks_run_idx ON insight_marks (tenant_id, run_id);
CREATE TABLE blocks (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    text TEXT NOT NULL,
    origin TEXT NOT NULL,
    actor TEXT NOT NULL,
    sources UUID[] NOT NULL,
    run_id UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT blocks_pk PRIMARY KEY (tenant_id, space_id, name, version)
);
CREATE INDEX blocks_run_idx ON blocks (tenant_id, run_id) WHERE run_id IS NOT NULL
"""
_NAMES = ("groupings", "grouped", "insight_marks", "blocks")


def upgrade() -> None:
    """Make the tables, each closed to all tenants but the transaction's."""
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    for table in _NAMES:
        protect(table)
        distribute(table, colocate_with="tenants")


def downgrade() -> None:
    """Drop them; what was learned is learned anew, blocks that callers wrote are lost."""
    for table in reversed(_NAMES):
        op.drop_table(table)
