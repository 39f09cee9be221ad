"""What the models are and how to reach them."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

#: The model that comes with the service.
PACKAGED_MODEL = "all-MiniLM-L6-v2"


class EmbeddingSettings(BaseModel):
    """One embedding model: in this process, behind HTTP, or the hashing stand-in for tests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Literal["local", "http", "hash"] = "local"
    #: local: the packaged model, a folder, or a Hugging Face name; http: the server's model name.
    model: str = Field(default=PACKAGED_MODEL, min_length=1)
    #: http: the OpenAI-compatible base, such as http://127.0.0.1:8001/v1.
    url: str | None = None
    api_key: SecretStr | None = None
    #: Width of a vector. Required for http and for a Hugging Face name, otherwise known.
    dimensions: int | None = Field(default=None, ge=1)
    max_batch: int = Field(default=32, ge=1)
    #: local: processor threads of a forward pass; None takes the cores this process may use.
    threads: int | None = Field(default=None, ge=1)
    #: http: how long one request may take.
    timeout_s: float = Field(default=30, gt=0)

    @model_validator(mode="after")
    def _http_is_complete(self) -> Self:
        if self.backend == "http" and (self.url is None or self.dimensions is None):
            raise ValueError("an http embedding backend needs url and dimensions")
        return self


class CrossEncoderSettings(BaseModel):
    """A second model that reads question and memory together: none, in this process, or by HTTP."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Literal["none", "local", "http"] = "none"
    #: local: a folder, or a Hugging Face name; http: the server's name for it.
    model: str | None = Field(default=None, min_length=1)
    #: http: the endpoint itself; it ends with /score (vLLM) or /rerank (vLLM, Jina, Cohere).
    url: str | None = Field(default=None, pattern=r"^https?://.*/(score|rerank)$")
    api_key: SecretStr | None = None
    #: How long a recall waits for it.
    timeout_s: float = Field(default=2, gt=0)

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.backend != "none" and self.model is None:
            raise ValueError("a cross-encoder needs a model")
        if self.backend == "http" and self.url is None:
            raise ValueError("an http cross-encoder needs a url")
        return self


class ChatSettings(BaseModel):
    """The chat model that extracts, summarises and answers; none where there is no url."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: The OpenAI-compatible base, such as http://127.0.0.1:8001/v1.
    url: str | None = Field(default=None, pattern=r"^https?://.+")
    #: The server's name for it.
    model: str | None = Field(default=None, min_length=1)
    api_key: SecretStr | None = None
    #: How long one answer may take, all attempts together.
    timeout_s: float = Field(default=120, gt=0)
    #: The longest answer, in tokens. What an extraction is cut off at is lost.
    max_tokens: int = Field(default=2048, ge=64)
    #: Calls at a time of one process; the rest wait, those that somebody waits for in front. Jobs
    #: never take all of them.
    concurrency: int = Field(default=8, ge=1, le=1024)
    #: Whether chats carry a salt per tenant for the server's cache; None: if it says it is vLLM.
    cache_salt: bool | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.url is None) != (self.model is None):
            raise ValueError("a chat model needs both url and model")
        return self


class TrainingSettings(BaseModel):
    """What adapters are trained on; without a base model none are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: A folder with a Hugging Face causal model, or its name: the one that the model server serves.
    base_model: str | None = Field(default=None, min_length=1)
    #: auto takes a GPU where there is one.
    device: Literal["auto", "cpu", "cuda"] = "auto"
    #: Processor threads of a training.
    threads: int = Field(default=1, ge=1)
