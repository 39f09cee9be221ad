"""The first schema: MemCubes of all four types, their indexes, jobs and keys."""

from __future__ import annotations

from alembic import op
from procrastinate.schema import SchemaManager

from migrations.helpers import distribute, partition, protect

revision = "2026_11_21_initial"
down_revision = None
branch_labels = None
depends_on = None

PARTITIONED = ("postings", "vectors", "graph_vectors", "signatures", "memories")
TENANT_TABLES = (
    "adapters", "assertions", "backlog", "derivations", "entities", "entity_aliases",
    "entity_bands", "evidence", "external_ids", "graph_vectors", "graph_versions",
    "idempotency_keys", "labels", "lexical_stats", "links", "mentions", "passages", "postings",
    "refinements", "relations", "run_changes", "tenants", "usage", "vectors", "api_keys",
    "spaces", "jobs", "memories", "runs", "recalls", "impressions", "rankers", "signatures",
)  # fmt: skip
#: A key is looked up by its hash before its tenant is known: that one row, and no other, is seen.
OWN_KEY = "key_hash = decode(NULLIF(current_setting('app.key_hash', true), ''), 'hex')"

TABLES = """
CREATE TABLE adapters (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    space_id UUID NOT NULL,
    base_model TEXT NOT NULL,
    base_model_hash TEXT NOT NULL,
    artifact_sha256 BYTEA,
    artifact_bytes BIGINT,
    manifest JSONB NOT NULL,
    metrics JSONB NOT NULL,
    CONSTRAINT adapters_pk PRIMARY KEY (tenant_id, memory_id)
);
CREATE INDEX adapters_space_idx ON adapters (tenant_id, space_id);
CREATE TABLE assertions (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    episode_id UUID NOT NULL,
    span_start INTEGER NOT NULL,
    span_end INTEGER NOT NULL,
    value TEXT NOT NULL,
    negated BOOLEAN NOT NULL,
    space_id UUID NOT NULL,
    first_id UUID NOT NULL,
    object_id UUID,
    form TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE,
    until TIMESTAMP WITH TIME ZONE,
    sequence BIGINT,
    told_at TIMESTAMP WITH TIME ZONE,
    text TEXT NOT NULL,
    run_id UUID,
    CONSTRAINT assertions_pk
        PRIMARY KEY (tenant_id, memory_id, episode_id, span_start, span_end, value, negated)
);
CREATE INDEX assertions_episode_idx ON assertions (tenant_id, episode_id);
CREATE INDEX assertions_first_idx ON assertions (tenant_id, first_id);
CREATE INDEX assertions_run_idx ON assertions (tenant_id, run_id) WHERE run_id IS NOT NULL;
CREATE TABLE backlog (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    stage TEXT NOT NULL,
    memory_id UUID NOT NULL,
    text_version INTEGER NOT NULL,
    error TEXT,
    CONSTRAINT backlog_pk PRIMARY KEY (tenant_id, space_id, stage, memory_id, text_version)
);
CREATE INDEX backlog_memory_idx ON backlog (tenant_id, memory_id);
CREATE TABLE derivations (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    source_id UUID NOT NULL,
    operation TEXT NOT NULL,
    CONSTRAINT derivations_pk PRIMARY KEY (tenant_id, memory_id, source_id)
);
CREATE INDEX derivations_source_idx ON derivations (tenant_id, source_id);
CREATE TABLE embedding_models (
    model_id UUID NOT NULL,
    name TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT embedding_models_pk PRIMARY KEY (model_id),
    CONSTRAINT embedding_models_name_key UNIQUE (name)
);
CREATE TABLE entities (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    space_id UUID NOT NULL,
    name TEXT NOT NULL,
    entity_kind TEXT NOT NULL,
    merged_into UUID,
    since BIGINT NOT NULL,
    CONSTRAINT entities_pk PRIMARY KEY (tenant_id, memory_id)
);
CREATE INDEX entities_since_idx ON entities (tenant_id, space_id, since);
CREATE INDEX entities_merged_idx ON entities (tenant_id, merged_into)
    WHERE merged_into IS NOT NULL;
CREATE INDEX entities_name_idx ON entities (tenant_id, space_id, name);
CREATE TABLE entity_aliases (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    alias TEXT NOT NULL,
    memory_id UUID NOT NULL,
    run_id UUID,
    CONSTRAINT entity_aliases_pk PRIMARY KEY (tenant_id, space_id, alias, memory_id)
);
CREATE INDEX entity_aliases_memory_idx ON entity_aliases (tenant_id, memory_id);
CREATE INDEX entity_aliases_run_idx
    ON entity_aliases (tenant_id, run_id) WHERE run_id IS NOT NULL;
CREATE TABLE entity_bands (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    band BIGINT NOT NULL,
    memory_id UUID NOT NULL,
    CONSTRAINT entity_bands_pk PRIMARY KEY (tenant_id, space_id, band, memory_id)
);
CREATE INDEX entity_bands_memory_idx ON entity_bands (tenant_id, memory_id);
CREATE TABLE evidence (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    episode_id UUID NOT NULL,
    span_start INTEGER NOT NULL,
    span_end INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    run_id UUID,
    CONSTRAINT evidence_pk PRIMARY KEY (tenant_id, memory_id, episode_id, span_start, span_end)
);
CREATE INDEX evidence_episode_idx ON evidence (tenant_id, episode_id);
CREATE INDEX evidence_run_idx ON evidence (tenant_id, run_id) WHERE run_id IS NOT NULL;
CREATE TABLE external_ids (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    external_id TEXT NOT NULL,
    memory_id UUID NOT NULL,
    content_hash BYTEA NOT NULL,
    CONSTRAINT external_ids_pk PRIMARY KEY (tenant_id, space_id, external_id)
);
CREATE INDEX external_ids_memory_idx ON external_ids (tenant_id, memory_id);
CREATE TABLE idempotency_keys (
    tenant_id UUID NOT NULL,
    key TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    response JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT idempotency_keys_pk PRIMARY KEY (tenant_id, key)
);
CREATE TABLE labels (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    label VARCHAR COLLATE "C" NOT NULL,
    memory_id UUID NOT NULL,
    value VARCHAR COLLATE "C" NOT NULL,
    CONSTRAINT labels_pk PRIMARY KEY (tenant_id, space_id, label, memory_id, value)
);
CREATE INDEX labels_memory_idx ON labels (tenant_id, memory_id);
CREATE TABLE lexical_stats (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    parts BIGINT NOT NULL,
    terms BIGINT NOT NULL,
    CONSTRAINT lexical_stats_pk PRIMARY KEY (tenant_id, space_id)
);
CREATE TABLE links (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    target_id UUID NOT NULL,
    link_kind TEXT NOT NULL,
    space_id UUID NOT NULL,
    weight REAL NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    since BIGINT NOT NULL,
    run_id UUID,
    CONSTRAINT links_pk PRIMARY KEY (tenant_id, memory_id, target_id, link_kind)
);
CREATE INDEX links_target_idx ON links (tenant_id, target_id);
CREATE INDEX links_since_idx ON links (tenant_id, space_id, link_kind, since);
CREATE INDEX links_run_idx ON links (tenant_id, run_id) WHERE run_id IS NOT NULL;
CREATE TABLE mentions (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    entity_id UUID NOT NULL,
    role TEXT NOT NULL,
    space_id UUID NOT NULL,
    alias TEXT NOT NULL,
    since BIGINT NOT NULL,
    run_id UUID,
    CONSTRAINT mentions_pk PRIMARY KEY (tenant_id, memory_id, entity_id, role)
);
CREATE INDEX mentions_entity_idx ON mentions (tenant_id, entity_id);
CREATE INDEX mentions_since_idx ON mentions (tenant_id, space_id, role, since);
CREATE INDEX mentions_run_idx ON mentions (tenant_id, run_id) WHERE run_id IS NOT NULL;
CREATE TABLE graph_versions (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    version BIGINT NOT NULL,
    taken_at BIGINT NOT NULL,
    CONSTRAINT graph_versions_pk PRIMARY KEY (tenant_id, space_id)
);
CREATE TABLE graph_vectors (
    tenant_id UUID NOT NULL,
    model_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    text_version INTEGER NOT NULL,
    space_id UUID NOT NULL,
    embedding HALFVEC NOT NULL,
    CONSTRAINT graph_vectors_pk PRIMARY KEY (tenant_id, model_id, memory_id, text_version)
) PARTITION BY HASH (tenant_id);
CREATE INDEX graph_vectors_space_idx ON graph_vectors (tenant_id, space_id, model_id);
CREATE TABLE refinements (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    refinement_id UUID NOT NULL,
    space_id UUID NOT NULL,
    run_id UUID,
    version INTEGER NOT NULL,
    keywords TEXT[] NOT NULL,
    tags TEXT[] NOT NULL,
    context TEXT NOT NULL,
    sources UUID[] NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    dropped_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT refinements_pk PRIMARY KEY (tenant_id, memory_id, refinement_id)
);
CREATE INDEX refinements_run_idx ON refinements (tenant_id, run_id) WHERE run_id IS NOT NULL;
CREATE TABLE run_changes (
    tenant_id UUID NOT NULL,
    run_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    before INTEGER,
    after INTEGER,
    confirmations INTEGER NOT NULL,
    CONSTRAINT run_changes_pk PRIMARY KEY (tenant_id, run_id, memory_id)
);
CREATE INDEX run_changes_memory_idx ON run_changes (tenant_id, memory_id);
CREATE TABLE passages (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    text_version INTEGER NOT NULL,
    part SMALLINT NOT NULL,
    span_start INTEGER NOT NULL,
    span_end INTEGER NOT NULL,
    CONSTRAINT passages_pk PRIMARY KEY (tenant_id, memory_id, text_version, part)
);
CREATE TABLE postings (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    term VARCHAR COLLATE "C" NOT NULL,
    memory_id UUID NOT NULL,
    text_version INTEGER NOT NULL,
    part SMALLINT NOT NULL,
    frequency SMALLINT NOT NULL,
    length INTEGER NOT NULL,
    CONSTRAINT postings_pk PRIMARY KEY (tenant_id, space_id, term, memory_id, text_version, part)
        INCLUDE (frequency, length)
) PARTITION BY HASH (tenant_id);
CREATE INDEX postings_memory_idx ON postings (tenant_id, memory_id);
CREATE TABLE recalls (
    tenant_id UUID NOT NULL,
    recall_id UUID NOT NULL,
    space_ids UUID[] NOT NULL,
    model TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome TEXT,
    CONSTRAINT recalls_pk PRIMARY KEY (tenant_id, recall_id)
);
CREATE INDEX recalls_time_idx ON recalls (tenant_id, created_at);
CREATE TABLE impressions (
    tenant_id UUID NOT NULL,
    recall_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    space_id UUID NOT NULL,
    rank SMALLINT NOT NULL,
    features REAL[] NOT NULL,
    used BOOLEAN,
    CONSTRAINT impressions_pk PRIMARY KEY (tenant_id, recall_id, memory_id)
);
CREATE INDEX impressions_memory_idx ON impressions (tenant_id, memory_id);
CREATE INDEX impressions_space_idx ON impressions (tenant_id, space_id, recall_id);
CREATE INDEX impressions_judged_idx
    ON impressions (tenant_id, space_id, recall_id) WHERE used IS NOT NULL;
CREATE TABLE rankers (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    version INTEGER NOT NULL,
    base TEXT NOT NULL,
    state TEXT NOT NULL,
    weights REAL[] NOT NULL,
    metrics JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reverted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT rankers_pk PRIMARY KEY (tenant_id, space_id, version)
);
CREATE UNIQUE INDEX rankers_active_key ON rankers (tenant_id, space_id) WHERE state = 'active';
CREATE TABLE signatures (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    text_version INTEGER NOT NULL,
    part SMALLINT NOT NULL,
    signature BYTEA NOT NULL,
    CONSTRAINT signatures_pk PRIMARY KEY (tenant_id, memory_id, text_version, part)
) PARTITION BY HASH (tenant_id);
CREATE TABLE relations (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    space_id UUID NOT NULL,
    subject_id UUID NOT NULL,
    predicate TEXT NOT NULL,
    object_id UUID,
    object TEXT NOT NULL,
    negated BOOLEAN NOT NULL,
    form TEXT NOT NULL,
    state TEXT NOT NULL,
    valid_at TIMESTAMP WITH TIME ZONE,
    invalid_at TIMESTAMP WITH TIME ZONE,
    since BIGINT NOT NULL,
    CONSTRAINT relations_pk PRIMARY KEY (tenant_id, memory_id)
);
CREATE INDEX relations_since_idx ON relations (tenant_id, space_id, since);
CREATE INDEX relations_object_idx ON relations (tenant_id, space_id, object_id, predicate);
CREATE INDEX relations_subject_idx ON relations (tenant_id, space_id, subject_id, predicate);
CREATE TABLE tenants (
    tenant_id UUID NOT NULL,
    name TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT tenants_pk PRIMARY KEY (tenant_id)
);
CREATE TABLE usage (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    retrieved INTEGER NOT NULL,
    used INTEGER NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    confirmations INTEGER NOT NULL,
    tier TEXT NOT NULL,
    strength REAL,
    retention REAL NOT NULL,
    CONSTRAINT usage_pk PRIMARY KEY (tenant_id, memory_id)
);
CREATE TABLE vectors (
    tenant_id UUID NOT NULL,
    model_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    text_version INTEGER NOT NULL,
    part SMALLINT NOT NULL,
    space_id UUID NOT NULL,
    embedding HALFVEC NOT NULL,
    CONSTRAINT vectors_pk PRIMARY KEY (tenant_id, model_id, memory_id, text_version, part)
) PARTITION BY HASH (tenant_id);
CREATE INDEX vectors_space_idx ON vectors (tenant_id, space_id, model_id);
CREATE TABLE api_keys (
    tenant_id UUID NOT NULL,
    key_id UUID NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    spaces TEXT[],
    key_hash BYTEA NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT api_keys_pk PRIMARY KEY (tenant_id, key_id),
    CONSTRAINT api_keys_hash_key UNIQUE (tenant_id, key_hash),
    CONSTRAINT api_keys_tenant_fk FOREIGN KEY(tenant_id) REFERENCES tenants (tenant_id)
);
CREATE INDEX api_keys_hash_idx ON api_keys (key_hash);
CREATE TABLE spaces (
    tenant_id UUID NOT NULL,
    space_id UUID NOT NULL,
    name TEXT NOT NULL,
    policies JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT spaces_pk PRIMARY KEY (tenant_id, space_id),
    CONSTRAINT spaces_name_key UNIQUE (tenant_id, name),
    CONSTRAINT spaces_tenant_fk FOREIGN KEY(tenant_id) REFERENCES tenants (tenant_id)
);
CREATE TABLE jobs (
    tenant_id UUID NOT NULL,
    job_id UUID NOT NULL,
    space_id UUID NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    error TEXT,
    done INTEGER NOT NULL,
    total INTEGER,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT jobs_pk PRIMARY KEY (tenant_id, job_id),
    CONSTRAINT jobs_space_fk FOREIGN KEY(tenant_id, space_id)
        REFERENCES spaces (tenant_id, space_id)
);
CREATE INDEX jobs_state_idx ON jobs (tenant_id, space_id, state);
CREATE TABLE memories (
    tenant_id UUID NOT NULL,
    memory_id UUID NOT NULL,
    version INTEGER NOT NULL,
    space_id UUID NOT NULL,
    type TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    content TEXT NOT NULL,
    data JSONB NOT NULL,
    text_version INTEGER NOT NULL,
    session_id TEXT,
    occurred_at TIMESTAMP WITH TIME ZONE,
    valid_at TIMESTAMP WITH TIME ZONE,
    invalid_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expired_at TIMESTAMP WITH TIME ZONE,
    origin TEXT NOT NULL,
    actor TEXT NOT NULL,
    method JSONB NOT NULL,
    run_id UUID,
    importance REAL NOT NULL,
    pinned BOOLEAN NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    trust REAL NOT NULL,
    sensitivity TEXT[] NOT NULL,
    visibility TEXT NOT NULL,
    legal_hold BOOLEAN NOT NULL,
    tags TEXT[] NOT NULL,
    merge_key BYTEA,
    CONSTRAINT memories_pk PRIMARY KEY (tenant_id, memory_id, version),
    CONSTRAINT memories_space_fk FOREIGN KEY(tenant_id, space_id)
        REFERENCES spaces (tenant_id, space_id)
) PARTITION BY HASH (tenant_id);
CREATE INDEX memories_importance_idx
    ON memories (tenant_id, space_id, importance) WHERE importance > 0.5;
CREATE INDEX memories_time_idx
    ON memories (tenant_id, space_id,
                 (CASE WHEN occurred_at IS NOT NULL THEN occurred_at
                       WHEN valid_at IS NOT NULL THEN valid_at ELSE created_at END), memory_id);
CREATE UNIQUE INDEX memories_current_key
    ON memories (tenant_id, memory_id) WHERE expired_at IS NULL;
CREATE INDEX memories_list_idx
    ON memories (tenant_id, space_id, memory_id) INCLUDE (type, state, origin)
    WHERE expired_at IS NULL;
CREATE INDEX memories_merge_idx
    ON memories (tenant_id, space_id, merge_key)
    WHERE expired_at IS NULL AND merge_key IS NOT NULL;
CREATE INDEX memories_run_idx ON memories (tenant_id, run_id) WHERE run_id IS NOT NULL;
CREATE INDEX memories_session_idx
    ON memories (tenant_id, space_id, session_id, occurred_at, memory_id)
    WHERE type = 'episodic';
CREATE TABLE runs (
    tenant_id UUID NOT NULL,
    run_id UUID NOT NULL,
    space_id UUID NOT NULL,
    job_id UUID,
    method JSONB NOT NULL,
    counts JSONB NOT NULL,
    notes TEXT[] NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    undone_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT runs_pk PRIMARY KEY (tenant_id, run_id),
    CONSTRAINT runs_space_fk FOREIGN KEY(tenant_id, space_id)
        REFERENCES spaces (tenant_id, space_id)
);
CREATE INDEX runs_space_idx ON runs (tenant_id, space_id, started_at)
"""


def upgrade() -> None:
    """Create everything, then close it to all tenants but the transaction's."""
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    for table in PARTITIONED:
        partition(table, 16)
    for table in TENANT_TABLES:
        protect(table, also=OWN_KEY if table == "api_keys" else "false")
    for table in TENANT_TABLES:
        distribute(table, colocate_with=None if table == TENANT_TABLES[0] else TENANT_TABLES[0])
    _create_queue()


def _create_queue() -> None:
    """The job queue's own tables and functions, in the version this release is locked to."""
    raw = op.get_bind().connection.cursor()
    raw.execute(SchemaManager.get_schema())
    raw.close()


def downgrade() -> None:
    """Drop everything; only ever right on an empty database."""
    op.execute("""
        DO $$ DECLARE name text; BEGIN
            FOR name IN SELECT format('%I', tablename) FROM pg_tables
                WHERE schemaname = current_schema() AND tablename <> 'alembic_version'
                AND tablename !~ '_p[0-9]+$' LOOP
                EXECUTE 'DROP TABLE IF EXISTS ' || name || ' CASCADE';
            END LOOP;
            FOR name IN SELECT p.oid::regprocedure::text FROM pg_proc p
                WHERE p.pronamespace = current_schema()::regnamespace
                AND p.proname LIKE 'procrastinate_%' LOOP
                EXECUTE 'DROP FUNCTION IF EXISTS ' || name || ' CASCADE';
            END LOOP;
            FOR name IN SELECT format('%I', t.typname) FROM pg_type t
                WHERE t.typnamespace = current_schema()::regnamespace
                AND t.typname LIKE 'procrastinate_%' AND t.typtype IN ('e', 'c') LOOP
                EXECUTE 'DROP TYPE IF EXISTS ' || name || ' CASCADE';
            END LOOP;
        END $$
    """)
