"""Settings choose the models, and choosing one does not import a model library."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from llm_backend.errors import ModelNotFound
from llm_backend.factory import cross_encoder_from, embedder_from
from llm_backend.protocols import Embedder, EmbeddingModel
from llm_backend.settings import CrossEncoderSettings, EmbeddingSettings

_LATE_IMPORT = """
import sys
from llm_backend.factory import cross_encoder_from, embedder_from
from llm_backend.settings import CrossEncoderSettings, EmbeddingSettings
embedder_from(EmbeddingSettings())
cross_encoder_from(CrossEncoderSettings(backend="local", model="some/name"), threads=None)
sys.exit(bool({"torch", "sentence_transformers", "transformers"} & set(sys.modules)))
"""


def test_model_libraries_are_imported_late() -> None:
    assert subprocess.run([sys.executable, "-c", _LATE_IMPORT], check=False).returncode == 0


@pytest.mark.parametrize(
    ("settings", "model"),
    [
        (EmbeddingSettings(), EmbeddingModel(name="all-MiniLM-L6-v2", dimensions=384)),
        (EmbeddingSettings(backend="hash"), EmbeddingModel(name="hash-64", dimensions=64)),
        (
            EmbeddingSettings(backend="http", model="e5", url="http://localhost/v1", dimensions=8),
            EmbeddingModel(name="e5", dimensions=8),
        ),
        (
            EmbeddingSettings(model="intfloat/e5-small-v2", dimensions=384),
            EmbeddingModel(name="intfloat/e5-small-v2", dimensions=384),
        ),
    ],
)
def test_the_model_is_known_before_it_loads(
    settings: EmbeddingSettings, model: EmbeddingModel
) -> None:
    embedder: Embedder = embedder_from(settings)
    assert embedder.model == model
    assert not embedder.ready


@pytest.mark.parametrize("missing", ["url", "dimensions"])
def test_http_needs_url_and_dimensions(missing: str) -> None:
    values = {"backend": "http", "url": "http://localhost/v1", "dimensions": 8}
    del values[missing]
    with pytest.raises(ValidationError, match="url and dimensions"):
        EmbeddingSettings.model_validate(values)


@pytest.mark.parametrize("model", ["/no/such/folder", "./none", "some/name-without-dimensions"])
def test_a_model_of_unknown_shape_is_refused(model: str) -> None:
    with pytest.raises(ModelNotFound):
        embedder_from(EmbeddingSettings(model=model))


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (CrossEncoderSettings(), None),
        (CrossEncoderSettings(backend="local", model="some/name"), "some/name"),
        (
            CrossEncoderSettings(backend="http", model="m", url="http://localhost:8001/rerank"),
            "m",
        ),
    ],
)
def test_settings_choose_the_cross_encoder(
    settings: CrossEncoderSettings, name: str | None
) -> None:
    encoder = cross_encoder_from(settings, threads=1)
    assert (encoder.name if encoder else None) == name


@pytest.mark.parametrize(
    "values",
    [
        {"backend": "local"},
        {"backend": "http", "url": "http://localhost/score"},
        {"backend": "http", "model": "m"},
        {"backend": "http", "model": "m", "url": "http://localhost/v1"},
        {"backend": "http", "model": "m", "url": "localhost/score"},
        {"backend": "magic", "model": "m"},
        {"timeout_s": 0},
    ],
)
def test_a_cross_encoder_that_is_half_configured_stops_the_start(values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        CrossEncoderSettings.model_validate(values)
