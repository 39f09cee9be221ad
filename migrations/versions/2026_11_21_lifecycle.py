"""The lifecycle of memories: when each changes its tier, and where cold vectors are."""

from __future__ import annotations

from alembic import op

from migrations.helpers import distribute, partition, protect

revision = "2026_11_21_lifecycle"
down_revision = "2026_11_21_initial"
branch_labels = None
depends_on = None

#: The owner is under row-level security as well, and acts for no tenant here.
_OPEN, _CLOSE = (
    "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
)
COLUMNS = """
ALTER TABLE usage ADD COLUMN space_id UUID;
ALTER TABLE usage ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage ADD COLUMN counted_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE usage ADD COLUMN next_transition_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE usage ADD COLUMN rules INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lexical_stats ADD COLUMN cold BIGINT NOT NULL DEFAULT 0
"""
#: Every memory gets a row; one that has no version any more loses it.
ROWS = """
UPDATE usage u SET space_id = m.space_id, counted = u.used, counted_at = u.last_used_at
FROM memories m
WHERE m.tenant_id = u.tenant_id AND m.memory_id = u.memory_id AND m.version = 1;
DELETE FROM usage WHERE space_id IS NULL;
INSERT INTO usage
    (tenant_id, memory_id, space_id, retrieved, used, confirmations, tier, retention)
SELECT m.tenant_id, m.memory_id, m.space_id, 0, 0, 0, 'hot', 1 FROM memories m
WHERE m.expired_at IS NULL AND m.state <> 'erased'
ON CONFLICT DO NOTHING;
ALTER TABLE usage ALTER COLUMN space_id SET NOT NULL
"""
INDEXES = """
CREATE INDEX usage_due_idx ON usage (tenant_id, space_id, rules, next_transition_at);
CREATE INDEX memories_expiry_idx ON memories (tenant_id, space_id, state, expires_at)
    WHERE expired_at IS NULL AND expires_at IS NOT NULL;
CREATE TABLE cold_vectors (
    tenant_id UUID NOT NULL,
    model_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    text_version INTEGER NOT NULL,
    part SMALLINT NOT NULL,
    space_id UUID NOT NULL,
    embedding HALFVEC NOT NULL,
    CONSTRAINT cold_vectors_pk
        PRIMARY KEY (tenant_id, model_id, memory_id, text_version, part)
) PARTITION BY HASH (tenant_id);
CREATE INDEX cold_vectors_space_idx ON cold_vectors (tenant_id, space_id, model_id)
"""


def upgrade() -> None:
    """A row of usage for every memory, and the table of cold vectors."""
    _each(COLUMNS)
    for table in ("usage", "memories"):
        op.execute(_OPEN.format(table=table))
    _each(ROWS)
    for table in ("usage", "memories"):
        op.execute(_CLOSE.format(table=table))
    _each(INDEXES)
    partition("cold_vectors", 16)
    protect("cold_vectors")
    distribute("cold_vectors", colocate_with="tenants")


def downgrade() -> None:
    """Cold vectors are vectors again; rows of usage stay."""
    for table in ("vectors", "cold_vectors"):
        op.execute(_OPEN.format(table=table))
    op.execute("INSERT INTO vectors SELECT * FROM cold_vectors ON CONFLICT DO NOTHING")
    op.execute(_CLOSE.format(table="vectors"))
    op.execute("DROP TABLE cold_vectors")
    op.execute("DROP INDEX memories_expiry_idx")
    op.execute("DROP INDEX usage_due_idx")
    op.execute("ALTER TABLE lexical_stats DROP COLUMN cold")
    for column in ("space_id", "counted", "counted_at", "next_transition_at", "rules"):
        op.execute(f"ALTER TABLE usage DROP COLUMN {column}")


def _each(statements: str) -> None:
    for statement in statements.split(";\n"):
        op.execute(statement)
