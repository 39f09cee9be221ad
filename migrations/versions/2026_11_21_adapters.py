"""Adapters get versions, states, and an account of how they were made."""

from __future__ import annotations

from alembic import op

revision = "2026_11_21_adapters"
down_revision = "2026_11_21_model_usage"
branch_labels = None
depends_on = None

#: The table was made empty, and nothing has filled it yet: columns without a default will do.
TABLES = """
ALTER TABLE adapters
    ADD COLUMN version INTEGER NOT NULL,
    ADD COLUMN alias TEXT NOT NULL,
    ADD COLUMN state TEXT NOT NULL,
    ADD COLUMN share REAL NOT NULL,
    ADD COLUMN activate BOOLEAN NOT NULL,
    ADD COLUMN actor TEXT NOT NULL,
    ADD COLUMN replaces UUID,
    ADD COLUMN manifest_sha256 TEXT,
    ADD COLUMN data_sha256 TEXT,
    ADD COLUMN training JSONB NOT NULL,
    ADD COLUMN progress JSONB NOT NULL,
    ADD COLUMN error TEXT,
    ADD COLUMN created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ADD COLUMN changed_at TIMESTAMP WITH TIME ZONE NOT NULL;
CREATE UNIQUE INDEX adapters_version_idx ON adapters (tenant_id, space_id, version);
CREATE UNIQUE INDEX adapters_active_idx ON adapters (tenant_id, space_id) WHERE state = 'active';
CREATE UNIQUE INDEX adapters_shadow_idx ON adapters (tenant_id, space_id) WHERE state = 'shadow'
"""
_COLUMNS = (
    "version", "alias", "state", "share", "activate", "actor", "replaces", "manifest_sha256",
    "data_sha256", "training", "progress", "error", "created_at", "changed_at",
)  # fmt: skip


def upgrade() -> None:
    """Add the columns, and see to it that no space ever has two active adapters."""
    for statement in TABLES.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    """Drop the columns; adapters are lost, the memories they were made of are not."""
    op.execute("DELETE FROM adapters")
    for index in ("adapters_shadow_idx", "adapters_active_idx", "adapters_version_idx"):
        op.execute(f"DROP INDEX {index}")
    for column in reversed(_COLUMNS):
        op.drop_column("adapters", column)
