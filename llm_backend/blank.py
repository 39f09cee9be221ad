"""An adapter that does nothing: another one's files with every weight set to zero."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from uuid import uuid4

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
#: A safetensors file begins with the length of its header, little-endian; the tensors follow it.
_LENGTH = 8


def blank_of(folder: Path, under: Path) -> Path:
    """Lay down the blank of the adapter in `folder`, in a folder of its own below `under`.

    The folder is named by what is in it, so it is never written again. Raises OSError, ValueError.
    """
    config, weights = (folder / CONFIG).read_bytes(), zeroed((folder / WEIGHTS).read_bytes())
    digest = hashlib.sha256(config + weights).hexdigest()
    made = under / f"blank-{digest}"
    if not made.exists():
        begun = under / f".{uuid4().hex}"
        begun.mkdir(parents=True)
        (begun / CONFIG).write_bytes(config)
        (begun / WEIGHTS).write_bytes(weights)
        try:
            os.replace(begun, made)
        except OSError:
            # Another process was faster: a folder with something in it is not replaced.
            shutil.rmtree(begun)
    return made


def zeroed(content: bytes) -> bytes:
    """A safetensors file with the same tensors, all of zeros. Raises ValueError."""
    header = int.from_bytes(content[:_LENGTH], "little")
    start = _LENGTH + header
    if len(content) < start:
        raise ValueError("this is no safetensors file")
    return content[:start] + bytes(len(content) - start)
