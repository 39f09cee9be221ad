"""Passages with questions that need several of them: `{"passages": […], "questions": […]}`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.talks import Question


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """One passage of an encyclopaedia."""

    id: str
    title: str
    text: str

    def episode(self) -> dict[str, Any]:
        """As the service takes it."""
        return {"content": f"{self.title}\n{self.text}", "kind": "document", "role": "user",
                "external_id": self.id}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Library:
    """Passages, and questions whose `gold` are ids of passages; their category is 0."""

    name: str
    passages: tuple[Passage, ...]
    questions: tuple[Question, ...]


def read(path: Path) -> list[Library]:
    """The library of a file; none where it holds something else."""
    found = json.loads(path.read_text(encoding="utf-8")) if path.suffix == ".json" else None
    if not isinstance(found, dict) or "passages" not in found:
        return []
    return [
        Library(
            name=found.get("name", path.stem),
            passages=tuple(
                Passage(id=p["id"], title=p["title"], text=p["text"]) for p in found["passages"]
            ),
            questions=tuple(
                Question(text=q["question"], category=0, answer="", gold=frozenset(q["gold"]))
                for q in found["questions"]
            ),
        )
    ]
