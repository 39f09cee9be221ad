"""What language models were asked for, and within which budgets."""

from __future__ import annotations

from alembic import op

from migrations.helpers import distribute, protect

revision = "2026_11_21_model_usage"
down_revision = "2026_11_21_schedules"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE model_usage (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    day DATE NOT NULL,
    purpose TEXT NOT NULL,
    model TEXT NOT NULL,
    requests BIGINT NOT NULL,
    prompt_tokens BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL,
    CONSTRAINT model_usage_pk PRIMARY KEY (tenant_id, space_id, day, purpose, model)
);
CREATE INDEX model_usage_day_idx ON model_usage (tenant_id, day)
"""


def upgrade() -> None:
    """Create the account of tokens, closed to all tenants but the transaction's."""
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    protect("model_usage")
    distribute("model_usage", colocate_with="tenants")


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE model_usage")
