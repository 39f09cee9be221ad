"""A cross-encoder in this process, as it really runs: tiny, with weights drawn at random."""

from __future__ import annotations

import asyncio
import shutil
import string
from pathlib import Path

import numpy as np
import pytest

from llm_backend.cross_encoder_local import LocalCrossEncoder
from llm_backend.errors import BackendUnavailable, ModelCorrupt, ModelNotFound
from llm_backend.factory import cross_encoder_from
from llm_backend.protocols import CrossEncoder
from llm_backend.settings import CrossEncoderSettings

_QUESTION = "Where does Anna live?"
_TEXTS = ["Anna lives in Graz.", "", "The invoice is due.", "word " * 2_000]


def _write_model(folder: Path, *, labels: int = 1) -> Path:
    """A BERT of one layer over single letters."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    letters = [*string.ascii_lowercase, *string.digits, *".,?!"]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters)]
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        num_labels=labels,
        initializer_range=0.5,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(vocab={word: n for n, word in enumerate(words)}).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write_model(tmp_path_factory.mktemp("models") / "tiny")


def test_scores_are_the_logistic_of_what_the_model_says(model: Path) -> None:
    encoder = LocalCrossEncoder(model=str(model), threads=1)
    assert encoder.name == "tiny"
    encoder.load()
    scores = encoder.score(_QUESTION, _TEXTS)
    assert scores.shape == (4,)
    assert scores.dtype == np.float64
    assert ((scores >= 0) & (scores <= 1)).all()
    assert len(set(scores.tolist())) == 4

    from sentence_transformers import CrossEncoder as Library

    pairs = [(_QUESTION, text) for text in _TEXTS]
    expected = Library(str(model), device="cpu").predict(pairs, show_progress_bar=False)
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    alone = np.concatenate([encoder.score(_QUESTION, [text]) for text in _TEXTS])
    np.testing.assert_allclose(scores, alone, atol=1e-5)


def test_a_model_that_ends_without_the_logistic_scores_alike(model: Path, tmp_path: Path) -> None:
    """As the MS MARCO models do, which say so in their configuration."""
    folder = tmp_path / "raw"
    shutil.copytree(model, folder)
    config = folder / "config.json"
    said = '"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"'
    config.write_text(config.read_text().replace("{", f"{{\n  {said},", 1))
    raw = LocalCrossEncoder(model=str(folder), threads=1).score(_QUESTION, _TEXTS)
    expected = LocalCrossEncoder(model=str(model), threads=1).score(_QUESTION, _TEXTS)
    np.testing.assert_allclose(raw, expected, atol=1e-5)


def test_a_classifier_is_no_cross_encoder(tmp_path: Path) -> None:
    folder = _write_model(tmp_path / "three", labels=3)
    with pytest.raises(ModelCorrupt, match="3 scores"):
        LocalCrossEncoder(model=str(folder), threads=1).load()


def test_missing_and_unreadable_models_are_named(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="there is no folder"):
        LocalCrossEncoder(model=str(tmp_path / "none"), threads=1).load()
    folder = tmp_path / "corrupt"
    shutil.copytree(model, folder)
    with (folder / "model.safetensors").open("r+b") as weights:
        weights.write(b"\0" * 64)
    with pytest.raises(ModelCorrupt, match="cannot be loaded"):
        LocalCrossEncoder(model=str(folder), threads=1).load()


async def test_it_loads_in_the_background_and_answers(model: Path) -> None:
    settings = CrossEncoderSettings(backend="local", model=str(model), timeout_s=20)
    encoder: CrossEncoder | None = cross_encoder_from(settings, threads=1)
    assert encoder is not None
    assert not encoder.ready
    encoder.start()
    with pytest.raises(BackendUnavailable, match="loading"):
        await encoder.score(_QUESTION, _TEXTS)
    while not encoder.ready:
        assert encoder.failure is None
        await asyncio.sleep(0.02)
    scores = await encoder.score(_QUESTION, _TEXTS * 5)
    await encoder.close()
    expected = LocalCrossEncoder(model=str(model), threads=1).score(_QUESTION, _TEXTS)
    np.testing.assert_allclose(scores, np.tile(expected, 5), atol=1e-5)
