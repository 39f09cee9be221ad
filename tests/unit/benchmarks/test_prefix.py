"""The prefix benchmark: which files it reads, and what it makes of what each way shows."""

from __future__ import annotations

from pathlib import Path

from benchmarks import prefix
from benchmarks.prefix import Figures, Shown
from benchmarks.talks import CORPORA

DEMO = Path(__file__).parents[3] / "memory_service" / "demo" / "corpus.json"


def test_it_reads_the_demo_and_conversations() -> None:
    [demo] = prefix.read(DEMO)
    ids = {episode["external_id"] for episode in demo.episodes}
    assert demo.questions
    assert all(question.gold <= ids for question in demo.questions)
    [talk] = prefix.read(CORPORA / "nora-elijah.txt")
    assert talk.owner in {episode["speaker"] for episode in talk.episodes}
    assert talk.questions


def test_means_leave_out_what_has_no_answer() -> None:
    shown = [Shown(tokens=10, cited=1.0, words=0.5), Shown(tokens=20, cited=0.0, words=None)]
    assert prefix._mean(shown) == Shown(tokens=15, cited=0.5, words=0.5)
    unanswered = [Shown(tokens=1, cited=0.0, words=None)]
    assert prefix._mean(unanswered) == unanswered[0]
    figures = Figures(
        name="t", questions=2, tokens=9, patterns=0, ways={"prefix": prefix._mean(unanswered)}
    )
    assert [name for name, _ in prefix._rows(figures)] == ["t", "  prefix"]
