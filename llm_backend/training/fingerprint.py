"""The hash of a base model, by which an adapter knows the one it was trained on. Loads no torch."""

from __future__ import annotations

import hashlib
from pathlib import Path

from llm_backend.training.errors import BadPlan

#: Files that make a model what it is.
_OF_MODEL = (
    "*.safetensors", "*.bin", "config.json", "tokenizer.json", "tokenizer_config.json",
    "chat_template.jinja",
)  # fmt: skip


def fingerprint(base: str) -> str:
    """The SHA-256 over names and contents of a base model's files.

    Of a name that is no folder, those that Hugging Face's cache holds. Raises BadPlan.
    """
    folder = Path(base)
    if not folder.is_dir():
        folder = _cached(base)
    whole = hashlib.sha256()
    for path in sorted({path for pattern in _OF_MODEL for path in folder.glob(pattern)}):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{path.name} {digest}\n".encode())
    return whole.hexdigest()


def _cached(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise BadPlan(f"there is no base model {name!r} on this machine") from error
