"""The lifecycle of memories: what decay, tiers and quotas need."""

from __future__ import annotations

revision = "2026_11_21_lifecycle"
down_revision = "2026_11_21_initial"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
