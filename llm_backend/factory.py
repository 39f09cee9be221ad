"""Makes the embedder that the settings ask for."""

from __future__ import annotations

from llm_backend.batching import BatchingEmbedder
from llm_backend.hashing import HashBackend
from llm_backend.local import local_backend
from llm_backend.protocols import EmbeddingBackend, EmbeddingModel
from llm_backend.remote import HttpBackend
from llm_backend.settings import EmbeddingSettings


def embedder_from(settings: EmbeddingSettings) -> BatchingEmbedder:
    """Not started. Raises ModelNotFound or ModelCorrupt when the model's shape cannot be known."""
    return BatchingEmbedder(_backend(settings), max_batch=settings.max_batch)


def _backend(settings: EmbeddingSettings) -> EmbeddingBackend:
    match settings.backend:
        case "local":
            return local_backend(settings)
        case "http":
            return _http_backend(settings)
        case "hash":
            return HashBackend(dimensions=settings.dimensions or 64)


def _http_backend(settings: EmbeddingSettings) -> HttpBackend:
    if settings.url is None or settings.dimensions is None:
        raise ValueError("settings of an http backend always have url and dimensions")
    return HttpBackend(
        model=EmbeddingModel(name=settings.model, dimensions=settings.dimensions),
        url=settings.url,
        api_key=settings.api_key,
        timeout_s=settings.timeout_s,
    )
