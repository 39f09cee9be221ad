"""Trains the model of ranking and writes it where the service reads it.

python -m benchmarks train [--rhelm DIR] [--out FILE] [--ablate]

The service is asked as anybody asks it: `explain` tells what each hit was ranked by. A feature is
learned from when the answers name it, so a new one is first given a weight of 0 in the file.
"""

from __future__ import annotations

import json
import statistics
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import service, talks
from benchmarks.talks import Talk
from benchmarks.train.confidence import Confidence, margins, platt, threshold
from benchmarks.train.examples import Floats, Heard, ask_all, collected, dump, load
from benchmarks.train.fitting import fit
from benchmarks.train.judging import (
    HeldOut,
    ablation_table,
    calibration_error,
    held_out,
    recall_table,
    recalls,
)

MODEL = Path(__file__).parents[2] / "retrieval" / "models" / "base-1.json"
#: What a conversation of RHELM weighs against one of our own: its turns are much longer.
OF_RHELM = 1 / 3
OURS, RHELM = "conversations written for this project (benchmarks/corpora)", "RHELM (MIT)"


def main() -> None:
    """Ask, train, judge, write."""
    given = _arguments()
    learned = collected(_heard(given))
    if not learned.names:
        sys.exit("the answers name no features")
    folds = held_out(learned)
    own = [fold for fold in folds if fold.source.weight == 1.0]
    confidence = platt(scored for fold in folds for scored in fold.scored())
    margin, answerable = _margins(own, learned.names)
    limit = threshold(margin, answerable)
    caught = {
        "false": float((margin[answerable] < limit).mean()),
        "caught": float((margin[~answerable] < limit).mean()),
    }
    _print(folds, caught, calibration_error(folds, confidence))
    if given.ablate:
        print(f"\n{ablation_table(learned, folds)}")
    weights = fit(learned.sources, learned.names)
    said = model(
        given.out.stem,
        learned.names,
        weights,
        confidence,
        other_speaker=limit,
        trained_on=", ".join([OURS, RHELM] if len(own) < len(folds) else [OURS]),
        figures=_figures(folds, caught),
    )
    given.out.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    print(f"\n{json.dumps(said['weights'])}\nwritten to {given.out}")


def model(
    name: str,
    names: Sequence[str],
    weights: Floats,
    confidence: Confidence,
    *,
    other_speaker: float,
    trained_on: str,
    figures: dict[str, float],
) -> dict[str, Any]:
    """As the service reads it, heavy features first; those that weigh nothing are left out."""
    order = np.argsort(-np.abs(weights), kind="stable")
    rounded = {names[i]: round(float(weights[i]), 3) for i in order}
    return {
        "name": name,
        "weights": {feature: weight for feature, weight in rounded.items() if weight},
        "confidence": {
            "score": round(confidence.score, 3),
            "lead": round(confidence.lead, 3),
            "constant": round(confidence.constant, 3),
        },
        "other_speaker": other_speaker,
        "trained_on": trained_on,
        "figures": figures,
    }


def _heard(given: Namespace) -> list[Heard]:
    """What a service answers; or what one answered before, if that was kept."""
    if given.answers and given.answers.exists():
        return load(json.loads(given.answers.read_text(encoding="utf-8")))
    weighed = [(talk, 1.0) for talk in _talks(talks.CORPORA)]
    weighed += [(talk, OF_RHELM) for talk in _talks(given.rhelm)] if given.rhelm else []
    with service.running(given) as client:
        heard = ask_all(client, weighed, threads=given.threads)
    if given.answers:
        given.answers.write_text(json.dumps(dump(heard)) + "\n", encoding="utf-8")
    return heard


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rhelm", type=Path, help="RHELM's conversations, in LoCoMo's form")
    parser.add_argument("--out", type=Path, default=MODEL, help="the model file to write")
    parser.add_argument("--answers", type=Path, metavar="FILE",
                        help="keep the answers there, or train from those kept")  # fmt: skip
    parser.add_argument("--threads", type=int, default=2, help="questions asked at a time")
    parser.add_argument("--ablate", action="store_true", help="train without each feature, too")
    return service.arguments(parser)


def _talks(folder: Path) -> list[Talk]:
    files = [f for f in sorted(folder.iterdir()) if f.suffix in {".json", ".txt"}]
    return [talk for file in files for talk in talks.read(file)]


def _margins(
    folds: Sequence[HeldOut], names: Sequence[str]
) -> tuple[Floats, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    found = [margins(fold.source.examples, fold.weights, names) for fold in folds]
    return np.concatenate([m for m, _ in found]), np.concatenate([a for _, a in found])


def _print(folds: Sequence[HeldOut], caught: dict[str, float], error: float) -> None:
    print(f"\n{recall_table(folds)}")
    print(f"\nsomebody else's, of our own: {caught['caught']:.1%} of category 5, "
          f"{caught['false']:.1%} of the others; ECE {error:.3f}")  # fmt: skip


def _figures(folds: Sequence[HeldOut], caught: dict[str, float]) -> dict[str, float]:
    """What the file itself tells, of conversations held out, in percent."""
    figures = {}
    for title, part in (
        ("ours", [f for f in folds if f.source.weight == 1.0]),
        ("RHELM", [f for f in folds if f.source.weight != 1.0]),
    ):
        for k in (10, 20):
            if found := recalls(part, k):
                figures[f"recall@{k}, {title}"] = round(100 * statistics.fmean(found), 1)
    figures |= {f"other speaker, {name}": round(100 * share, 1) for name, share in caught.items()}
    return figures
