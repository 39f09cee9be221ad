"""What is learned from many memories: clusters, communities, insights, blocks."""

from __future__ import annotations

revision = "2026_11_21_insights"
down_revision = "2026_11_21_consolidation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
