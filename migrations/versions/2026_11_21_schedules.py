"""When the jobs of a space are due, and what they have to see to."""

from __future__ import annotations

from alembic import op

from migrations.helpers import distribute, protect

revision = "2026_11_21_schedules"
down_revision = "2026_11_21_insights"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE activity (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changes BIGINT NOT NULL,
    memories BIGINT NOT NULL,
    sessions BIGINT[] NOT NULL,
    begun BIGINT NOT NULL,
    spoken_at TIMESTAMP WITH TIME ZONE,
    planned BOOLEAN NOT NULL,
    volume_at BIGINT,
    begun_at BIGINT,
    alarm_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT activity_pk PRIMARY KEY (tenant_id, space_id),
    CONSTRAINT activity_space_fk FOREIGN KEY (tenant_id, space_id)
        REFERENCES spaces (tenant_id, space_id)
);
CREATE TABLE schedules (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    name TEXT NOT NULL,
    ran_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changes BIGINT NOT NULL,
    memories BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    CONSTRAINT schedules_pk PRIMARY KEY (tenant_id, space_id, name),
    CONSTRAINT schedules_space_fk FOREIGN KEY (tenant_id, space_id)
        REFERENCES spaces (tenant_id, space_id)
);
ALTER TABLE jobs ADD COLUMN due_at TIMESTAMP WITH TIME ZONE;
CREATE UNIQUE INDEX jobs_scheduled_key ON jobs (tenant_id, space_id, name)
    WHERE state = 'scheduled';
CREATE INDEX runs_job_idx ON runs (tenant_id, job_id) WHERE job_id IS NOT NULL
"""


def upgrade() -> None:
    """The tables, what a job is due by, and the way from a job to its runs."""
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    for table in ("activity", "schedules"):
        protect(table)
        distribute(table, colocate_with="tenants")


def downgrade() -> None:
    """As before; jobs that were to run some time are forgotten."""
    op.execute("DROP INDEX runs_job_idx")
    op.execute("DROP INDEX jobs_scheduled_key")
    op.execute("DELETE FROM jobs WHERE state = 'scheduled'")
    op.execute("ALTER TABLE jobs DROP COLUMN due_at")
    op.execute("DROP TABLE schedules")
    op.execute("DROP TABLE activity")
