"""How much is owed, by stage: kept, rather than counted over the backlog."""

from __future__ import annotations

from alembic import op

from migrations.helpers import distribute, protect

revision = "2026_11_21_owed"
down_revision = "2026_11_21_statistics"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE owed (
        tenant_id UUID NOT NULL,
        space_id UUID NOT NULL,
        stage TEXT NOT NULL,
        aside BOOLEAN NOT NULL,
        n BIGINT NOT NULL,
        CONSTRAINT owed_pk PRIMARY KEY (tenant_id, space_id, stage, aside)
    )""",
    """
    CREATE TABLE owed_changes (
        tenant_id UUID NOT NULL,
        change_id UUID NOT NULL,
        space_id UUID NOT NULL,
        stage TEXT NOT NULL,
        aside BOOLEAN NOT NULL,
        n BIGINT NOT NULL,
        CONSTRAINT owed_changes_pk PRIMARY KEY (tenant_id, change_id, space_id, stage, aside)
    )""",
    "CREATE INDEX owed_changes_space_idx ON owed_changes (tenant_id, space_id)",
)
COUNT = """
    INSERT INTO owed (tenant_id, space_id, stage, aside, n)
    SELECT tenant_id, space_id, stage, error IS NOT NULL, count(*) FROM backlog GROUP BY 1, 2, 3, 4
"""


def upgrade() -> None:
    """Make the tables, and count once."""
    for statement in TABLES:
        op.execute(statement)
    # The owner is under row-level security as well, and acts for no tenant here.
    op.execute("ALTER TABLE backlog NO FORCE ROW LEVEL SECURITY")
    op.execute(COUNT)
    op.execute("ALTER TABLE backlog FORCE ROW LEVEL SECURITY")
    for table in ("owed", "owed_changes"):
        protect(table)
        distribute(table, colocate_with="tenants")


def downgrade() -> None:
    """Drop them; they are counted anew on the way up."""
    for table in ("owed", "owed_changes"):
        op.drop_table(table)
