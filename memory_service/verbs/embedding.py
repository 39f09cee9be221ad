"""Embedding before the answer: a courtesy to the writer, never a reason to refuse a write."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from llm_backend.errors import BackendError
from memory_service.verbs.services import Services
from stores import writing
from stores.ids import model_id_of
from stores.records import NewMemory
from stores.writing import Embedded

#: Longer than this a writer does not wait; the job embeds what was stored.
_PATIENCE_S = 10.0


async def embed_few(services: Services, new: Sequence[NewMemory]) -> Embedded | None:
    """Embeddings of up to 32 texts; None if there are more, or the model is not there."""
    texts = [[t for _, t in writing.texts_of(m.kind, m.content, m)] for m in new]
    flat = [t for parts in texts for t in parts]
    if not 0 < len(flat) <= services.limits.embed_before_answer or not services.embedder.ready:
        return None
    try:
        embeddings = await asyncio.wait_for(services.embedder.embed_documents(flat), _PATIENCE_S)
    except (BackendError, TimeoutError):
        return None
    rows = writing.per_memory(embeddings, [len(parts) for parts in texts])
    return Embedded(
        model=model_id_of(services.embedder.model.name),
        by_memory={m.id: vectors for m, vectors in zip(new, rows, strict=True)},
    )
