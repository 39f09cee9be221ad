"""What consolidation makes and keeps: summaries, one for each period; how far a job has come."""

from __future__ import annotations

from alembic import op

from migrations.helpers import distribute, protect

revision = "2026_11_21_consolidation"
down_revision = "2026_11_21_lifecycle"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the places of jobs, and let no period be told twice."""
    op.execute("""
        CREATE TABLE marks (
            tenant_id UUID NOT NULL,
            space_id UUID NOT NULL,
            job TEXT NOT NULL,
            moment TIMESTAMP WITH TIME ZONE NOT NULL,
            last_id UUID NOT NULL,
            CONSTRAINT marks_pk PRIMARY KEY (tenant_id, space_id, job)
        )
    """)
    protect("marks")
    distribute("marks", colocate_with="tenants")
    op.execute("""
        CREATE UNIQUE INDEX memories_summary_key
            ON memories (tenant_id, space_id, (data ->> 'level'), (data ->> 'period'))
            WHERE kind = 'summary' AND origin = 'derived' AND expired_at IS NULL
    """)


def downgrade() -> None:
    """Forget the places: a job begins anew, and does nothing twice."""
    op.drop_index("memories_summary_key", table_name="memories")
    op.drop_table("marks")
