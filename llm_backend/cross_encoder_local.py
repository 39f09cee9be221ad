"""A sentence-transformers cross-encoder in this process; torch is imported late."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from llm_backend.errors import ModelCorrupt, ModelNotFound
from llm_backend.local import source_of
from llm_backend.protocols import Scores

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class LocalCrossEncoder:
    """A model on the processor. What is beyond the model's window is cut off."""

    def __init__(self, *, model: str, threads: int) -> None:
        """A folder is read without the network, a name is looked up at the hub."""
        self.name = Path(model).name if Path(model).is_dir() else model
        self._model = model
        self._threads = threads
        self._loaded: CrossEncoder | None = None

    def load(self) -> None:
        """Import torch, read the weights: seconds the first time."""
        self._encoder()

    def score(self, question: str, texts: Sequence[str]) -> Scores:
        """The logistic of the model's own scores: some models end with it, some do not."""
        logits = self._encoder().predict(
            [(question, text) for text in texts],
            batch_size=len(texts),
            show_progress_bar=False,
            activation_fn=_as_it_is,
            convert_to_numpy=True,
        )
        # float64 holds exp(700); beyond that a score is 0 anyway.
        return np.asarray(1 / (1 + np.exp(np.minimum(-np.asarray(logits, dtype=np.float64), 700))))

    def close(self) -> None:
        """Free the weights."""
        self._loaded = None

    def _encoder(self) -> CrossEncoder:
        if self._loaded is None:
            self._loaded = self._read()
        return self._loaded

    def _read(self) -> CrossEncoder:
        source = source_of(self._model)
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()  # transformers looks at this once, when it is imported

        import torch
        from safetensors import SafetensorError
        from sentence_transformers import CrossEncoder

        # OpenMP keeps this per thread, and this is the thread that will score.
        torch.set_num_threads(self._threads)
        try:
            encoder: CrossEncoder = CrossEncoder(
                str(source), device="cpu", local_files_only=isinstance(source, Path)
            )
        except OSError as error:
            raise ModelNotFound(f"{source} is no model: {error}") from error
        except (ValueError, RuntimeError, SafetensorError) as error:
            raise ModelCorrupt(f"{source} cannot be loaded: {error}") from error
        if encoder.num_labels != 1:
            raise ModelCorrupt(f"{source} makes {encoder.num_labels} scores a text, not one")
        return encoder


def _as_it_is(logits: object) -> object:
    return logits
