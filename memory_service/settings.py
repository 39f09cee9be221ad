"""The only reader of the environment: variables with the prefix MEMORY_, `__` between levels."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from llm_backend.settings import (
    ChatSettings,
    CrossEncoderSettings,
    EmbeddingSettings,
    TrainingSettings,
)
from stores.settings import StoreSettings, StoreTuning

#: Of every variable.
PREFIX = "MEMORY_"


class Limits(BaseModel):
    """What one request may ask for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Bytes of a request's body.
    body_bytes: int = Field(default=32 * 1024 * 1024, ge=1024)
    #: Bodies of imports, which are read line by line.
    import_bytes: int = Field(default=4 * 1024**3, ge=1024)
    #: Characters of one memory's content.
    content_chars: int = Field(default=200_000, ge=100)
    #: Episodes in one call.
    batch: int = Field(default=1000, ge=1)
    #: Up to so many episodes are embedded before the answer.
    embed_before_answer: int = Field(default=32, ge=0)


class WorkerSettings(BaseModel):
    """How the queue is worked off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Whether `serve` works inside the process; turn off where `memory-service worker` runs.
    enabled: bool = True
    concurrency: int = Field(default=3, ge=1, le=64)
    #: A worker that has not been heard of for so long is dead and its jobs are taken over.
    stalled_after_s: float = Field(default=12, gt=1)
    #: How long a stopping worker lets its jobs run before it returns them.
    grace_s: float = Field(default=10, ge=0)


class Settings(BaseSettings):
    """Everything that can be set. An unknown MEMORY_* variable stops the start."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    data_dir: Path = Path("data")
    database_url: SecretStr | None = None
    database_owner_url: SecretStr | None = None
    admin_key: SecretStr | None = None
    #: Whether a write to a space that does not exist is refused.
    strict_spaces: bool = False
    log_level: str = "INFO"
    store: StoreTuning = Field(default_factory=StoreTuning)
    embedding: EmbeddingSettings = Field(default_factory=EmbeddingSettings)
    cross_encoder: CrossEncoderSettings = Field(default_factory=CrossEncoderSettings)
    chat: ChatSettings = Field(default_factory=ChatSettings)
    training: TrainingSettings = Field(default_factory=TrainingSettings)
    limits: Limits = Field(default_factory=Limits)
    worker: WorkerSettings = Field(default_factory=WorkerSettings)

    @model_validator(mode="after")
    def _known_variables(self) -> Settings:
        known = {f"{PREFIX}{name}".upper() for name in type(self).model_fields}
        unknown = [
            name
            for name in os.environ  # noqa: TID251 - this is the one place
            if name.upper().startswith(PREFIX) and name.upper().split("__")[0] not in known
        ]
        if unknown:
            raise ValueError(f"unknown variables: {', '.join(sorted(unknown))}")
        return self

    @property
    def stores(self) -> StoreSettings:
        """The stores' part."""
        return StoreSettings(
            data_dir=self.data_dir.expanduser().resolve(),
            url=self.database_url,
            owner_url=self.database_owner_url,
            **self.store.model_dump(),
        )
