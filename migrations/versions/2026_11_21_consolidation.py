"""What consolidation makes and keeps: summaries, merges, what went stale."""

from __future__ import annotations

revision = "2026_11_21_consolidation"
down_revision = "2026_11_21_lifecycle"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
