"""When the jobs of a space are due."""

from __future__ import annotations

revision = "2026_11_21_schedules"
down_revision = "2026_11_21_insights"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
