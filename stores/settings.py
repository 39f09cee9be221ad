"""What the stores need to know about their database."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class StoreTuning(BaseModel):
    """Sizes and patience."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pool_size: int = Field(default=10, ge=2, le=200)
    statement_timeout_s: float = Field(default=30, gt=0)
    connect_timeout_s: int = Field(default=5, ge=1)
    #: Embedded server only: megabytes of shared_buffers and maintenance_work_mem.
    shared_buffers_mb: int = Field(default=256, ge=16)
    maintenance_work_mem_mb: int = Field(default=256, ge=16)


class StoreSettings(StoreTuning):
    """The connections too. Without `url` an embedded PostgreSQL runs in `data_dir`."""

    data_dir: Path
    #: Connection of the service role: no superuser, no BYPASSRLS, not the owner of the tables.
    url: SecretStr | None = None
    #: Connection of the owner role, which migrates.
    owner_url: SecretStr | None = None
