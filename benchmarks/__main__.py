"""`python -m benchmarks consolidation|dashboard|graph|ingest|…`: runs one of them."""

from __future__ import annotations

import sys

from benchmarks import (
    consolidation,
    dashboard,
    decay,
    gateway,
    graph,
    ingest,
    prefix,
    quality,
    recall,
    train,
    writing,
)

_BENCHMARKS = {
    "consolidation": consolidation.main,
    "dashboard": dashboard.main,
    "decay": decay.main,
    "gateway": gateway.main,
    "graph": graph.main,
    "ingest": ingest.main,
    "prefix": prefix.main,
    "recall": recall.main,
    "quality": quality.main,
    "train": train.main,
    "writing": writing.main,
}


def main() -> None:
    """The first argument names the benchmark, the others are its own."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in _BENCHMARKS:
        sys.exit(f"usage: python -m benchmarks {{{','.join(_BENCHMARKS)}}} [--help]")
    sys.argv[:2] = [f"python -m benchmarks {name}"]
    _BENCHMARKS[name]()


if __name__ == "__main__":
    main()
