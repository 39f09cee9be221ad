"""The quality benchmark on a small conversation and library, against a running service."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.quality.rows import load
from tests.acceptance.conftest import Start
from tests.acceptance.processes import environment

TALK = """# talk: ada-bo
# about: two neighbours
## session 1 | 2024-03-04 18:42
1 Ada: I bought a cello at the flea market last Friday.
2 Bo: Wonderful! My sister Nora plays the piano.
## session 2 | 2024-03-19 09:10
1 Bo: I start at the bakery tomorrow, and Nora will visit.
2 Ada: Save me a loaf of sourdough!
## questions
4 | What did Ada buy at the flea market? | a cello | 1:1
2 | When does Bo start at the bakery? | 20 March 2024 | 2:1
1 | What do we know about Nora? | she plays the piano and will visit | 1:2 2:1
5 | What did Bo buy at the flea market? | Ada bought a cello there | 1:1
"""
LIBRARY = {
    "name": "rivers",
    "passages": [
        {"id": "P0", "title": "Akerselva", "text": "The Akerselva flows through Oslo."},
        {"id": "P1", "title": "Oslo", "text": "Oslo is the capital of Norway."},
    ],
    "questions": [{"question": "Of which country does the Akerselva cross the capital?",
                   "gold": ["P0", "P1"]}],
}  # fmt: skip
HEADINGS = ["Evidence recall", "Abstention", "Context", "Calibration", "Passage recall"]


@pytest.fixture
def data(folder: Path) -> Path:
    path = folder / "corpus"
    path.mkdir()
    (path / "talk.txt").write_text(TALK)
    (path / "library.json").write_text(json.dumps(LIBRARY))
    return path


def test_it_measures_keeps_and_compares(service: Start, data: Path, folder: Path) -> None:
    running = service().start().wait_ready()
    kept, picture = folder / "run.json", folder / "reliability.svg"

    def quality(*options: str) -> str:
        address = ["--url", running.url, "--key", running.admin_key]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", "quality", str(data), *address, *options],
            env=environment({}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    first = quality("--json", str(kept), "--svg", str(picture))
    again = quality("--against", str(kept), "--ablate", "--without", "lexical", "contiguity")

    assert [line[4:] for line in first.splitlines() if line.startswith("###")] == HEADINGS
    assert [heading in again for heading in ("### Ablation", "### Differences")] == [True, True]
    assert "| lexical" in again
    rows = load(kept)
    assert [(row.source, row.mode) for row in rows] == [
        ("rivers", "fast"), ("rivers", "deep"), *[("ada-bo", "fast")] * 4,
    ]  # fmt: skip
    assert {turn for row in rows for turn in row.found} <= {
        "P0", "P1", "D1:1", "D1:2", "D2:1", "D2:2",
    }  # fmt: skip
    assert rows[2].recall(10) == 1.0
    assert set(rows[2].packed) == {"400", "800", "in full"}
    assert picture.read_text().startswith("<svg")
    with running.client() as client:
        assert client.get("/v1/spaces").json()["items"] == []
