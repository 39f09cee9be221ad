"""The tables. Every tenant table has `tenant_id` first in its keys and is under row-level security.

The big ones are hash-partitioned by tenant. Columns are explained where the name does not do it.
"""

from __future__ import annotations

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

#: Partitions of each big table; a tenant lives in one of them.
PARTITIONS = 16

metadata = MetaData()


def _time(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, Uuid, nullable=nullable)


def _words(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, Text, nullable=nullable)


def _of_tenant(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=f"{table}_tenant_fk")


def _of_space(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "space_id"],
        ["spaces.tenant_id", "spaces.space_id"],
        name=f"{table}_space_fk",
    )


_BY_TENANT = "HASH (tenant_id)"

tenants = Table(
    "tenants",
    metadata,
    _id("tenant_id"),
    _words("name"),
    _time("created_at", nullable=False),
    PrimaryKeyConstraint("tenant_id", name="tenants_pk"),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id("tenant_id"),
    _id("key_id"),
    _words("name"),
    _words("role"),
    Column("spaces", ARRAY(Text), nullable=True),  # names; null is every space
    Column("key_hash", LargeBinary, nullable=False),  # SHA-256 of the key
    _time("expires_at"),
    _time("created_at", nullable=False),
    PrimaryKeyConstraint("tenant_id", "key_id", name="api_keys_pk"),
    UniqueConstraint("tenant_id", "key_hash", name="api_keys_hash_key"),
    _of_tenant("api_keys"),
    Index("api_keys_hash_idx", "key_hash"),
)

spaces = Table(
    "spaces",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    _words("name"),
    Column("policies", JSONB, nullable=False),
    _time("created_at", nullable=False),
    PrimaryKeyConstraint("tenant_id", "space_id", name="spaces_pk"),
    UniqueConstraint("tenant_id", "name", name="spaces_name_key"),
    _of_tenant("spaces"),
)

#: Kept statistics per space: how many indexed parts, their terms in all, how many cold vectors.
lexical_stats = Table(
    "lexical_stats",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    Column("parts", BigInteger, nullable=False),
    Column("terms", BigInteger, nullable=False),
    Column("cold", BigInteger, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("tenant_id", "space_id", name="lexical_stats_pk"),
)

#: A small reference table without tenants: the vector spaces there are.
embedding_models = Table(
    "embedding_models",
    metadata,
    _id("model_id"),
    _words("name"),
    Column("dimensions", Integer, nullable=False),
    _time("created_at", nullable=False),
    PrimaryKeyConstraint("model_id", name="embedding_models_pk"),
    UniqueConstraint("name", name="embedding_models_name_key"),
)

#: One row per version of a memory; the current one has no `expired_at`.
memories = Table(
    "memories",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    Column("version", Integer, nullable=False),
    _id("space_id"),
    _words("type"),
    _words("kind"),
    _words("state"),
    _words("content"),
    Column("data", JSONB, nullable=False),
    Column("text_version", Integer, nullable=False),
    _words("session_id", nullable=True),
    _time("occurred_at"),
    _time("valid_at"),
    _time("invalid_at"),
    _time("created_at", nullable=False),
    _time("expired_at"),
    _words("origin"),
    _words("actor"),
    Column("method", JSONB, nullable=False),
    _id("run_id", nullable=True),
    Column("importance", REAL, nullable=False),
    Column("pinned", Boolean, nullable=False),
    _time("expires_at"),
    Column("trust", REAL, nullable=False),
    Column("sensitivity", ARRAY(Text), nullable=False),
    _words("visibility"),
    Column("legal_hold", Boolean, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("merge_key", LargeBinary, nullable=True),  # equal for memories that say the same
    PrimaryKeyConstraint("tenant_id", "memory_id", "version", name="memories_pk"),
    _of_space("memories"),
    postgresql_partition_by=_BY_TENANT,
)
_CURRENT = text("expired_at IS NULL")
Index(
    "memories_current_key",
    memories.c.tenant_id,
    memories.c.memory_id,
    unique=True,
    postgresql_where=_CURRENT,
)
Index(
    "memories_list_idx",
    memories.c.tenant_id,
    memories.c.space_id,
    memories.c.memory_id,
    postgresql_where=_CURRENT,
    postgresql_include=["type", "state", "origin"],
)
Index(
    "memories_session_idx",
    memories.c.tenant_id,
    memories.c.space_id,
    memories.c.session_id,
    memories.c.occurred_at,
    memories.c.memory_id,
    postgresql_where=text("type = 'episodic'"),
)
#: A memory's place in time, in every version: when it happened, else since when it holds, else
#: since when it is known. COALESCE would say so, but row-level security does not take it for
#: leakproof and would keep the condition from the index. As PostgreSQL writes it, for comparison.
_MOMENT = """(
CASE
    WHEN occurred_at IS NOT NULL THEN occurred_at
    WHEN valid_at IS NOT NULL THEN valid_at
    ELSE created_at
END)"""
Index(
    "memories_time_idx",
    memories.c.tenant_id,
    memories.c.space_id,
    text(_MOMENT),
    memories.c.memory_id,
)
#: Only what somebody found more important than the rest.
Index(
    "memories_importance_idx",
    memories.c.tenant_id,
    memories.c.space_id,
    memories.c.importance,
    postgresql_where=text("importance > 0.5"),
)
Index(
    "memories_merge_idx",
    memories.c.tenant_id,
    memories.c.space_id,
    memories.c.merge_key,
    postgresql_where=text("expired_at IS NULL AND merge_key IS NOT NULL"),
)
#: One summary tells of one period of a level.
Index(
    "memories_summary_key",
    memories.c.tenant_id,
    memories.c.space_id,
    text("(data ->> 'level'::text)"),
    text("(data ->> 'period'::text)"),
    unique=True,
    postgresql_where=text(
        "kind = 'summary'::text AND origin = 'derived'::text AND expired_at IS NULL"
    ),
)
#: What is kept for a limited time only.
Index(
    "memories_expiry_idx",
    memories.c.tenant_id,
    memories.c.space_id,
    memories.c.state,
    memories.c.expires_at,
    postgresql_where=text("expired_at IS NULL AND expires_at IS NOT NULL"),
)
Index(
    "memories_run_idx",
    memories.c.tenant_id,
    memories.c.run_id,
    postgresql_where=text("run_id IS NOT NULL"),
)

#: The writer's own ids of episodes; what makes remembering them twice harmless.
external_ids = Table(
    "external_ids",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    _words("external_id"),
    _id("memory_id"),
    Column("content_hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "space_id", "external_id", name="external_ids_pk"),
    Index("external_ids_memory_idx", "tenant_id", "memory_id"),
)

#: Where the separately indexed parts of a text lie; only for memories with more than one.
passages = Table(
    "passages",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    Column("text_version", Integer, nullable=False),
    Column("part", SmallInteger, nullable=False),
    Column("span_start", Integer, nullable=False),
    Column("span_end", Integer, nullable=False),
    PrimaryKeyConstraint("tenant_id", "memory_id", "text_version", "part", name="passages_pk"),
)

_OF_RUN = text("run_id IS NOT NULL")

evidence = Table(
    "evidence",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    _id("episode_id"),
    Column("span_start", Integer, nullable=False),
    Column("span_end", Integer, nullable=False),
    _time("created_at", nullable=False),
    #: By which run the memory came to rest on it.
    _id("run_id", nullable=True),
    PrimaryKeyConstraint(
        "tenant_id", "memory_id", "episode_id", "span_start", "span_end", name="evidence_pk"
    ),
    Index("evidence_episode_idx", "tenant_id", "episode_id"),
    Index("evidence_run_idx", "tenant_id", "run_id", postgresql_where=_OF_RUN),
)

derivations = Table(
    "derivations",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    _id("source_id"),
    _words("operation"),
    PrimaryKeyConstraint("tenant_id", "memory_id", "source_id", name="derivations_pk"),
    Index("derivations_source_idx", "tenant_id", "source_id"),
)

#: What changes without making a new version; every memory has a row.
usage = Table(
    "usage",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    Column("retrieved", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    _time("last_used_at"),
    Column("confirmations", Integer, nullable=False),
    _words("tier"),
    Column("strength", REAL, nullable=True),
    Column("retention", REAL, nullable=False),
    _id("space_id"),
    #: Uses with a pause before each, and when the last of them was.
    Column("counted", Integer, nullable=False, server_default=text("0")),
    _time("counted_at"),
    #: When the memory leaves its tier unless something happens to it; null if it never does.
    _time("next_transition_at"),
    #: The rules of decay by which the row was worked out; 0 if it is to be worked out.
    Column("rules", Integer, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("tenant_id", "memory_id", name="usage_pk"),
    Index("usage_due_idx", "tenant_id", "space_id", "rules", "next_transition_at"),
)


def _of_vectors(name: str) -> Table:
    return Table(
        name,
        metadata,
        _id("tenant_id"),
        _id("model_id"),
        _id("memory_id"),
        Column("text_version", Integer, nullable=False),
        Column("part", SmallInteger, nullable=False),
        _id("space_id"),
        Column("embedding", HALFVEC(), nullable=False),
        PrimaryKeyConstraint(
            "tenant_id", "model_id", "memory_id", "text_version", "part", name=f"{name}_pk"
        ),
        Index(f"{name}_space_idx", "tenant_id", "space_id", "model_id"),
        postgresql_partition_by=_BY_TENANT,
    )


vectors = _of_vectors("vectors")
#: Vectors of cold memories. They are found by the signs of their numbers, and compared whole.
cold_vectors = _of_vectors("cold_vectors")

#: The inverted index of BM25. `frequency` is the term's, `length` the part's terms in all.
postings = Table(
    "postings",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    Column("term", String(collation="C"), nullable=False),
    _id("memory_id"),
    Column("text_version", Integer, nullable=False),
    Column("part", SmallInteger, nullable=False),
    Column("frequency", SmallInteger, nullable=False),
    Column("length", Integer, nullable=False),
    PrimaryKeyConstraint(
        "tenant_id",
        "space_id",
        "term",
        "memory_id",
        "text_version",
        "part",
        name="postings_pk",
        postgresql_include=["frequency", "length"],
    ),
    Index("postings_memory_idx", "tenant_id", "memory_id"),
    postgresql_partition_by=_BY_TENANT,
)

#: What ranking needs to know of a text without reading it; see stores/signature.py.
signatures = Table(
    "signatures",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    Column("text_version", Integer, nullable=False),
    Column("part", SmallInteger, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "memory_id", "text_version", "part", name="signatures_pk"),
    postgresql_partition_by=_BY_TENANT,
)

#: Tags and short metadata values of any version, normalised, and names that the text leaves out.
#: `value` is as it was written, so that a reader can see whether a version still has it.
labels = Table(
    "labels",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    Column("label", String(collation="C"), nullable=False),
    _id("memory_id"),
    Column("value", String(collation="C"), nullable=False),
    PrimaryKeyConstraint("tenant_id", "space_id", "label", "memory_id", "value", name="labels_pk"),
    Index("labels_memory_idx", "tenant_id", "memory_id"),
)

#: The work still owed to a memory, written with it: nothing can be forgotten, only be late.
backlog = Table(
    "backlog",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    _words("stage"),
    _id("memory_id"),
    Column("text_version", Integer, nullable=False),
    #: The class of the error for which the item was set aside; null while it is worked on.
    _words("error", nullable=True),
    PrimaryKeyConstraint(
        "tenant_id", "space_id", "stage", "memory_id", "text_version", name="backlog_pk"
    ),
    Index("backlog_memory_idx", "tenant_id", "memory_id"),
)

jobs = Table(
    "jobs",
    metadata,
    _id("tenant_id"),
    _id("job_id"),
    _id("space_id"),
    _words("name"),
    _words("state"),
    Column("attempts", Integer, nullable=False),
    _words("error", nullable=True),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=True),
    _time("created_at", nullable=False),
    _time("started_at"),
    _time("finished_at"),
    #: When it is to begin by itself; for one that waits for that, not before.
    _time("due_at"),
    PrimaryKeyConstraint("tenant_id", "job_id", name="jobs_pk"),
    _of_space("jobs"),
    Index("jobs_state_idx", "tenant_id", "space_id", "state"),
    Index(
        "jobs_scheduled_key",
        "tenant_id",
        "space_id",
        "name",
        unique=True,
        postgresql_where=text("state = 'scheduled'"),
    ),
)

#: What has happened in a space, as far as its schedule goes by it. A writer touches this row once.
activity = Table(
    "activity",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    _time("changed_at", nullable=False),
    Column("changes", BigInteger, nullable=False),
    Column("memories", BigInteger, nullable=False),
    #: The sessions heard of last, as numbers, how many began, and when the latest message came.
    Column("sessions", ARRAY(BigInteger), nullable=False),
    Column("begun", BigInteger, nullable=False),
    _time("spoken_at"),
    #: Whether the schedule holds whatever changes, but for so many memories or sessions begun.
    Column("planned", Boolean, nullable=False),
    Column("volume_at", BigInteger, nullable=True),
    Column("begun_at", BigInteger, nullable=True),
    #: When the queue looks after this space next.
    _time("alarm_at"),
    PrimaryKeyConstraint("tenant_id", "space_id", name="activity_pk"),
    _of_space("activity"),
)

#: When a job with a cadence last began in a space, and what had happened there by then.
schedules = Table(
    "schedules",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    _words("name"),
    _time("ran_at", nullable=False),
    Column("changes", BigInteger, nullable=False),
    Column("memories", BigInteger, nullable=False),
    Column("ended", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "space_id", "name", name="schedules_pk"),
    _of_space("schedules"),
)

runs = Table(
    "runs",
    metadata,
    _id("tenant_id"),
    _id("run_id"),
    _id("space_id"),
    _id("job_id", nullable=True),
    Column("method", JSONB, nullable=False),
    Column("counts", JSONB, nullable=False),
    #: What went wrong on the way, for an operator.
    Column("notes", ARRAY(Text), nullable=False),
    _time("started_at", nullable=False),
    _time("finished_at"),
    _time("undone_at"),
    PrimaryKeyConstraint("tenant_id", "run_id", name="runs_pk"),
    _of_space("runs"),
    Index("runs_space_idx", "tenant_id", "space_id", "started_at"),
    Index(
        "runs_job_idx",
        "tenant_id",
        "job_id",
        postgresql_where=text("job_id IS NOT NULL"),
    ),
)

#: What a run did to a memory: the versions before and after, null where there was none; and how
#: often it was confirmed.
run_changes = Table(
    "run_changes",
    metadata,
    _id("tenant_id"),
    _id("run_id"),
    _id("memory_id"),
    Column("before", Integer, nullable=True),
    Column("after", Integer, nullable=True),
    Column("confirmations", Integer, nullable=False),
    PrimaryKeyConstraint("tenant_id", "run_id", "memory_id", name="run_changes_pk"),
    Index("run_changes_memory_idx", "tenant_id", "memory_id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    _id("tenant_id"),
    _words("key"),
    Column("request_hash", LargeBinary, nullable=False),
    Column("response", JSONB, nullable=False),
    _time("created_at", nullable=False),
    PrimaryKeyConstraint("tenant_id", "key", name="idempotency_keys_pk"),
)

# Graph memory: entities and relations are MemCubes; these are their typed payloads and links.
#: A row's `since` is the version of the space's graph that brought or changed it.
entities = Table(
    "entities",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    _id("space_id"),
    _words("name"),
    _words("entity_kind"),
    #: The entity it was found to be; everything said of it counts for that one. Null if it stands
    #: for itself; never one that is merged itself.
    _id("merged_into", nullable=True),
    Column("since", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "memory_id", name="entities_pk"),
    Index("entities_name_idx", "tenant_id", "space_id", "name"),
    Index("entities_since_idx", "tenant_id", "space_id", "since"),
    Index(
        "entities_merged_idx",
        "tenant_id",
        "merged_into",
        postgresql_where=text("merged_into IS NOT NULL"),
    ),
)

#: The names an entity goes by, normalised.
entity_aliases = Table(
    "entity_aliases",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    _words("alias"),
    _id("memory_id"),
    _id("run_id", nullable=True),
    PrimaryKeyConstraint("tenant_id", "space_id", "alias", "memory_id", name="entity_aliases_pk"),
    Index("entity_aliases_memory_idx", "tenant_id", "memory_id"),
    Index("entity_aliases_run_idx", "tenant_id", "run_id", postgresql_where=_OF_RUN),
)

#: Bands of the MinHash of its names: entities that share one may be the same.
entity_bands = Table(
    "entity_bands",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    Column("band", BigInteger, nullable=False),
    _id("memory_id"),
    PrimaryKeyConstraint("tenant_id", "space_id", "band", "memory_id", name="entity_bands_pk"),
    Index("entity_bands_memory_idx", "tenant_id", "memory_id"),
)

#: The claim of a memory, be it a relation or a fact. `object` is the name by which it calls what
#: `object_id` stands for, or the value where that is no thing. State and validity are those of the
#: memory's current version, so that a graph is read without its header.
relations = Table(
    "relations",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    _id("space_id"),
    _id("subject_id"),
    _words("predicate"),
    _id("object_id", nullable=True),
    _words("object"),
    Column("negated", Boolean, nullable=False),
    _words("form"),
    _words("state"),
    _time("valid_at"),
    _time("invalid_at"),
    Column("since", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "memory_id", name="relations_pk"),
    Index("relations_subject_idx", "tenant_id", "space_id", "subject_id", "predicate"),
    Index("relations_object_idx", "tenant_id", "space_id", "object_id", "predicate"),
    Index("relations_since_idx", "tenant_id", "space_id", "since"),
)

#: What a passage of an episode claims, one row per claim: from these alone follows what is believed
#: of a subject, since and until when. `text` is the memory that it would make by itself; `told_at`
#: is when it was said, `sequence` its place in the order of things where there are no dates. Where
#: a caller's word is all there is, `episode_id` is the memory's own id.
assertions = Table(
    "assertions",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    _id("episode_id"),
    Column("span_start", Integer, nullable=False),
    Column("span_end", Integer, nullable=False),
    _words("value"),
    Column("negated", Boolean, nullable=False),
    _id("space_id"),
    #: The memory that rested on it first; where its subject is one of two entities that were
    #: merged, a split gives it back to that one.
    _id("first_id"),
    _id("object_id", nullable=True),
    _words("form"),
    _time("since"),
    _time("until"),
    Column("sequence", BigInteger, nullable=True),
    _time("told_at"),
    _words("text"),
    _id("run_id", nullable=True),
    PrimaryKeyConstraint(
        "tenant_id",
        "memory_id",
        "episode_id",
        "span_start",
        "span_end",
        "value",
        "negated",
        name="assertions_pk",
    ),
    Index("assertions_episode_idx", "tenant_id", "episode_id"),
    Index("assertions_first_idx", "tenant_id", "first_id"),
    Index("assertions_run_idx", "tenant_id", "run_id", postgresql_where=_OF_RUN),
)

#: Which memories have to do with which entities, in a role: an episode `named` it or has it as
#: `speaker`; what was derived tells `about` it. `alias` is the name it was given there.
mentions = Table(
    "mentions",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    _id("entity_id"),
    _words("role"),
    _id("space_id"),
    _words("alias"),
    Column("since", BigInteger, nullable=False),
    _id("run_id", nullable=True),
    PrimaryKeyConstraint("tenant_id", "memory_id", "entity_id", "role", name="mentions_pk"),
    Index("mentions_entity_idx", "tenant_id", "entity_id"),
    Index("mentions_since_idx", "tenant_id", "space_id", "role", "since"),
    Index("mentions_run_idx", "tenant_id", "run_id", postgresql_where=_OF_RUN),
)

#: Typed links: between memories, and as `synonym` between entities that may be the same.
links = Table(
    "links",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    _id("target_id"),
    _words("link_kind"),
    _id("space_id"),
    Column("weight", REAL, nullable=False),
    _time("created_at", nullable=False),
    Column("since", BigInteger, nullable=False),
    _id("run_id", nullable=True),
    PrimaryKeyConstraint("tenant_id", "memory_id", "target_id", "link_kind", name="links_pk"),
    Index("links_target_idx", "tenant_id", "target_id"),
    Index("links_since_idx", "tenant_id", "space_id", "link_kind", "since"),
    Index("links_run_idx", "tenant_id", "run_id", postgresql_where=_OF_RUN),
)

#: How often a space's graph has changed, and at which of these versions something was last taken
#: from it: what was read before must be read anew then, otherwise only what came since.
graph_versions = Table(
    "graph_versions",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    Column("version", BigInteger, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "space_id", name="graph_versions_pk"),
)

#: Embeddings of entities and relations, apart from those of what is recalled by itself.
graph_vectors = Table(
    "graph_vectors",
    metadata,
    _id("tenant_id"),
    _id("model_id"),
    _id("memory_id"),
    Column("text_version", Integer, nullable=False),
    _id("space_id"),
    Column("embedding", HALFVEC(), nullable=False),
    PrimaryKeyConstraint(
        "tenant_id", "model_id", "memory_id", "text_version", name="graph_vectors_pk"
    ),
    Index("graph_vectors_space_idx", "tenant_id", "space_id", "model_id"),
    postgresql_partition_by=_BY_TENANT,
)

#: What later memories add to what a memory is found by; it can be dropped, the memory stays as is.
#: Its words are those of `sources`, and go with any of them.
refinements = Table(
    "refinements",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    _id("refinement_id"),
    _id("space_id"),
    _id("run_id", nullable=True),
    Column("version", Integer, nullable=False),
    Column("keywords", ARRAY(Text), nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    _words("context"),
    Column("sources", ARRAY(Uuid), nullable=False),
    _time("created_at", nullable=False),
    _time("dropped_at"),
    PrimaryKeyConstraint("tenant_id", "memory_id", "refinement_id", name="refinements_pk"),
    Index("refinements_run_idx", "tenant_id", "run_id", postgresql_where=_OF_RUN),
)

# Parametric memory: an adapter is a MemCube; its weights are an artifact named by their hash.
adapters = Table(
    "adapters",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    _id("space_id"),
    _words("base_model"),
    _words("base_model_hash"),
    Column("artifact_sha256", LargeBinary, nullable=True),
    Column("artifact_bytes", BigInteger, nullable=True),
    Column("manifest", JSONB, nullable=False),  # what it was made of, by id, version and hash
    Column("metrics", JSONB, nullable=False),  # of the gate
    Column("version", Integer, nullable=False),  # counted in the space
    _words("alias"),
    _words("state"),
    Column("share", REAL, nullable=False),  # of the requests, while it is the shadow
    Column("activate", Boolean, nullable=False),  # as soon as it has passed the gate
    _words("actor"),
    _id("replaces", nullable=True),  # which one was active before
    _words("manifest_sha256", nullable=True),
    _words("data_sha256", nullable=True),
    Column("training", JSONB, nullable=False),  # the policy it was made by
    Column("progress", JSONB, nullable=False),
    _words("error", nullable=True),
    _time("created_at", nullable=False),
    _time("changed_at", nullable=False),
    PrimaryKeyConstraint("tenant_id", "memory_id", name="adapters_pk"),
    Index("adapters_space_idx", "tenant_id", "space_id"),
    Index("adapters_version_idx", "tenant_id", "space_id", "version", unique=True),
    Index(
        "adapters_active_idx", "tenant_id", "space_id", unique=True,
        postgresql_where=text("state = 'active'"),
    ),
    Index(
        "adapters_shadow_idx", "tenant_id", "space_id", unique=True,
        postgresql_where=text("state = 'shadow'"),
    ),
)  # fmt: skip

#: A recall that was answered: the spaces it was asked of, and the model of ranking whose features
#: its impressions hold. No words of anybody.
recalls = Table(
    "recalls",
    metadata,
    _id("tenant_id"),
    _id("recall_id"),
    Column("space_ids", ARRAY(Uuid), nullable=False),
    _words("model"),
    _time("created_at", nullable=False),
    _words("outcome", nullable=True),
    PrimaryKeyConstraint("tenant_id", "recall_id", name="recalls_pk"),
    Index("recalls_time_idx", "tenant_id", "created_at"),
)

#: One memory as one recall showed it: its place, the features it was ranked by, and the verdict.
impressions = Table(
    "impressions",
    metadata,
    _id("tenant_id"),
    _id("recall_id"),
    _id("memory_id"),
    _id("space_id"),
    Column("rank", SmallInteger, nullable=False),
    Column("features", ARRAY(REAL), nullable=False),
    Column("used", Boolean, nullable=True),
    PrimaryKeyConstraint("tenant_id", "recall_id", "memory_id", name="impressions_pk"),
    Index("impressions_memory_idx", "tenant_id", "memory_id"),
    Index("impressions_space_idx", "tenant_id", "space_id", "recall_id"),
    #: Feedback counts what has been judged, each time.
    Index(
        "impressions_judged_idx",
        "tenant_id",
        "space_id",
        "recall_id",
        postgresql_where=text("used IS NOT NULL"),
    ),
)

#: What a space has learned about ranking, by version; the active one ranks.
rankers = Table(
    "rankers",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    Column("version", Integer, nullable=False),
    _words("base"),
    _words("state"),
    Column("weights", ARRAY(REAL), nullable=False),
    Column("metrics", JSONB, nullable=False),
    _time("created_at", nullable=False),
    _time("reverted_at"),
    PrimaryKeyConstraint("tenant_id", "space_id", "version", name="rankers_pk"),
    Index(
        "rankers_active_key",
        "tenant_id",
        "space_id",
        unique=True,
        postgresql_where=text("state = 'active'"),
    ),
)

#: One way in which the memories or entities of a space fall into groups; the latest one holds.
groupings = Table(
    "groupings",
    metadata,
    _id("tenant_id"),
    _id("grouping_id"),
    _id("space_id"),
    _words("subject"),
    _id("run_id"),
    _time("created_at", nullable=False),
    PrimaryKeyConstraint("tenant_id", "grouping_id", name="groupings_pk"),
    Index("groupings_space_idx", "tenant_id", "space_id", "subject", "created_at"),
    Index("groupings_run_idx", "tenant_id", "run_id"),
)

#: What was looked at for a grouping, and the group it is in; null for none.
grouped = Table(
    "grouped",
    metadata,
    _id("tenant_id"),
    _id("grouping_id"),
    _id("memory_id"),
    _id("space_id"),
    _id("group_id", nullable=True),
    Column("weight", REAL, nullable=False),
    _id("run_id"),
    PrimaryKeyConstraint("tenant_id", "grouping_id", "memory_id", name="grouped_pk"),
    Index("grouped_memory_idx", "tenant_id", "memory_id"),
    Index("grouped_run_idx", "tenant_id", "run_id"),
)

#: What raised or lowered the score of an insight: further sources, the outcome of a recall.
insight_marks = Table(
    "insight_marks",
    metadata,
    _id("tenant_id"),
    _id("memory_id"),
    _id("run_id"),
    _words("cause"),
    _id("space_id"),
    Column("delta", Integer, nullable=False),
    _time("created_at", nullable=False),
    PrimaryKeyConstraint("tenant_id", "memory_id", "run_id", "cause", name="insight_marks_pk"),
    Index("insight_marks_run_idx", "tenant_id", "run_id"),
)

#: Texts that belong in every context, by version. What is derived goes with any of its `sources`.
blocks = Table(
    "blocks",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    _words("name"),
    Column("version", Integer, nullable=False),
    _words("text"),
    _words("origin"),
    _words("actor"),
    Column("sources", ARRAY(Uuid), nullable=False),
    _id("run_id", nullable=True),
    _time("created_at", nullable=False),
    PrimaryKeyConstraint("tenant_id", "space_id", "name", "version", name="blocks_pk"),
    Index("blocks_run_idx", "tenant_id", "run_id", postgresql_where=_OF_RUN),
)

#: How far a job has come in a space: the version it looked at last, by when that was made.
marks = Table(
    "marks",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    _words("job"),
    _time("moment", nullable=False),
    _id("last_id"),
    PrimaryKeyConstraint("tenant_id", "space_id", "job", name="marks_pk"),
)

#: Tokens of language models by space, day (UTC), purpose and model; of answered requests alone.
model_usage = Table(
    "model_usage",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    Column("day", Date, nullable=False),
    _words("purpose"),
    _words("model"),
    Column("requests", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),  # of the prompt's
    Column("completion_tokens", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "space_id", "day", "purpose", "model", name="model_usage_pk"),
    Index("model_usage_day_idx", "tenant_id", "day"),
)

#: How many memories count as what; with what `census_changes` says besides. `stale` are those that
#: are to be told anew.
census = Table(
    "census",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    _words("type"),
    _words("kind"),
    _words("state"),
    _words("tier"),
    Column("stale", Boolean, nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint(
        "tenant_id", "space_id", "type", "kind", "state", "tier", "stale", name="census_pk"
    ),
)

#: By how many memories a space grew on a day (UTC), less those that went.
census_days = Table(
    "census_days",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    Column("day", Date, nullable=False),
    _words("type"),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "space_id", "day", "type", name="census_days_pk"),
)

#: Notes that are not yet added to the two above: who came, and with a minus who went.
census_changes = Table(
    "census_changes",
    metadata,
    _id("tenant_id"),
    _id("change_id"),
    _id("space_id"),
    _words("type"),
    _words("kind"),
    _words("state"),
    _words("tier"),
    Column("stale", Boolean, nullable=False),
    Column("day", Date, nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint(
        "tenant_id", "change_id", "space_id", "type", "kind", "state", "tier", "stale", "day",
        name="census_changes_pk",
    ),
    Index("census_changes_space_idx", "tenant_id", "space_id"),
)  # fmt: skip

#: How much is owed by stage, set aside or not; with what `owed_changes` says besides.
owed = Table(
    "owed",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    _words("stage"),
    Column("aside", Boolean, nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "space_id", "stage", "aside", name="owed_pk"),
)

#: Notes that are not yet added to it: what came, and with a minus what went.
owed_changes = Table(
    "owed_changes",
    metadata,
    _id("tenant_id"),
    _id("change_id"),
    _id("space_id"),
    _words("stage"),
    Column("aside", Boolean, nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint(
        "tenant_id", "change_id", "space_id", "stage", "aside", name="owed_changes_pk"
    ),
    Index("owed_changes_space_idx", "tenant_id", "space_id"),
)

#: How many calls of an operation, or waits of jobs, took how long, by the minute they ended in. The
#: buckets are those of stores/timings.py.
timings = Table(
    "timings",
    metadata,
    _id("tenant_id"),
    _id("space_id"),
    _time("minute", nullable=False),
    _words("operation"),
    Column("bucket", SmallInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint(
        "tenant_id", "space_id", "minute", "operation", "bucket", name="timings_pk"
    ),
    Index("timings_minute_idx", "tenant_id", "minute"),
)

#: Tables under row-level security: all but the reference tables.
TENANT_TABLES = tuple(t.name for t in metadata.sorted_tables if "tenant_id" in t.c)
#: Tables whose rows hang on one memory and go with it when it is erased.
MEMORY_TABLES = (
    passages, evidence, derivations, usage, vectors, cold_vectors, postings, signatures, labels,
    backlog, external_ids, entities, entity_aliases, entity_bands, relations, assertions, mentions,
    links, graph_vectors, refinements, run_changes, adapters, impressions, grouped,
    insight_marks,
)  # fmt: skip
