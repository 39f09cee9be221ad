"""What language models were asked for, and within which budgets."""

from __future__ import annotations

revision = "2026_11_21_model_usage"
down_revision = "2026_11_21_schedules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
