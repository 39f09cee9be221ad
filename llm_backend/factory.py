"""Makes the models that the settings ask for."""

from __future__ import annotations

from pathlib import Path

from llm_backend.adapter_calls import AdapterServer
from llm_backend.adapters import AdapterShelf
from llm_backend.batching import BatchingEmbedder
from llm_backend.chat_http import HttpChatModel
from llm_backend.cross_encoder_http import HttpCrossEncoder
from llm_backend.cross_encoder_local import LocalCrossEncoder
from llm_backend.cross_encoder_thread import ThreadedCrossEncoder
from llm_backend.hashing import HashBackend
from llm_backend.local import cores, local_backend
from llm_backend.protocols import CrossEncoder, EmbeddingBackend, EmbeddingModel
from llm_backend.proxy import ChatProxy
from llm_backend.remote import HttpBackend
from llm_backend.settings import ChatSettings, CrossEncoderSettings, EmbeddingSettings


def embedder_from(settings: EmbeddingSettings) -> BatchingEmbedder:
    """Not started. Raises ModelNotFound or ModelCorrupt when the model's shape cannot be known."""
    return BatchingEmbedder(_backend(settings), max_batch=settings.max_batch)


def cross_encoder_from(
    settings: CrossEncoderSettings, *, threads: int | None
) -> CrossEncoder | None:
    """Not started; None where none is configured. `threads` of a local one; None: all cores."""
    if settings.backend == "none":
        return None
    if settings.model is None:
        raise ValueError("settings of a cross-encoder always have a model")
    if settings.backend == "local":
        local = LocalCrossEncoder(model=settings.model, threads=threads or cores())
        return ThreadedCrossEncoder(local, timeout_s=settings.timeout_s)
    if settings.url is None:
        raise ValueError("settings of an http cross-encoder always have a url")
    return HttpCrossEncoder(
        model=settings.model,
        url=settings.url,
        api_key=settings.api_key,
        timeout_s=settings.timeout_s,
    )


def chat_from(settings: ChatSettings) -> HttpChatModel | None:
    """None where none is configured."""
    if settings.url is None or settings.model is None:
        return None
    return HttpChatModel(
        model=settings.model,
        url=settings.url,
        api_key=settings.api_key,
        timeout_s=settings.timeout_s,
    )


def proxy_from(settings: ChatSettings) -> ChatProxy | None:
    """For requests that go through as they are; None where no chat model is configured."""
    if settings.url is None:
        return None
    return ChatProxy(url=settings.url, api_key=settings.api_key, timeout_s=settings.timeout_s)


def shelf_from(settings: ChatSettings, *, blanks: Path) -> AdapterShelf | None:
    """For the adapters of the chat model's server; None where no chat model is configured."""
    if settings.url is None:
        return None
    server = AdapterServer(url=settings.url, api_key=settings.api_key, timeout_s=settings.timeout_s)
    return AdapterShelf(server, blanks=blanks)


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
