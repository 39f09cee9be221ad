"""Conversations with questions and gold turns: our own text format, and LoCoMo's JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
#: The conversations of this repository.
CORPORA = Path(__file__).with_name("corpora")

_ID = re.compile(r"D:?(\d+):(\d+)")
_DATE_FORMS = ("%I:%M %p on %d %B, %Y", "%d.%m.%Y, %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")
_SESSION = re.compile(r"## session (\d+) \| (.+)")
_TURN = re.compile(r"(\d+) ([^:]{1,30}): (.+)")
_EVIDENCE = re.compile(r"(\d+):(\d+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What somebody said; `id` is `D<session>:<turn>`."""

    id: str
    session: str
    speaker: str
    text: str
    occurred_at: str | None

    def episode(self) -> dict[str, Any]:
        """As the service takes it."""
        return {"content": self.text, "kind": "message", "role": "user", "speaker": self.speaker,
                "occurred_at": self.occurred_at, "session_id": self.session,
                "external_id": self.id}  # fmt: skip

    def in_full(self) -> str:
        """As a line for a model."""
        return f"[{(self.occurred_at or '')[:10]}] {self.speaker}: {self.text}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A question and the ids of all turns that are needed to answer it."""

    text: str
    category: int
    answer: str
    gold: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Talk:
    """One conversation."""

    name: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]

    @property
    def asked_at(self) -> str | None:
        """When its questions are asked: at its last session."""
        return next((t.occurred_at for t in reversed(self.turns) if t.occurred_at), None)


def read(path: Path) -> list[Talk]:
    """The conversations of a file; none where it holds something else."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        found = json.loads(text)
        samples = found if isinstance(found, list) else [found]
        return [from_json(s, path.stem) for s in samples if isinstance(s, dict) and "qa" in s]
    return [from_text(text)] if text.startswith("# talk:") else []


def turn_id(text: str) -> str | None:
    """`D1:03`, `D:1:3` → `D1:3`."""
    found = _ID.match(text.strip())
    return f"D{int(found[1])}:{int(found[2])}" if found else None


def moment(text: str) -> str | None:
    """'1:56 pm on 8 May, 2023' → ISO 8601 in UTC; None where it cannot be read."""
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=UTC).isoformat()
        except ValueError:
            continue
    return None


def from_json(sample: dict[str, Any], name: str) -> Talk:
    """One conversation of LoCoMo's form."""
    talk = sample.get("conversation", sample)
    turns = tuple(_turns_of_json(talk))
    known = {turn.id for turn in turns}
    asked = (_question_of_json(qa, known) for qa in sample["qa"])
    questions = tuple(question for question in asked if question.gold)
    return Talk(name=sample.get("sample_id", name), turns=turns, questions=questions)


def _turns_of_json(talk: dict[str, Any]) -> Iterator[Turn]:
    numbers = sorted(int(key[8:]) for key in talk if re.fullmatch(r"session_\d+", key))
    for number in numbers:
        day = moment(talk.get(f"session_{number}_date_time", ""))
        for said in talk[f"session_{number}"]:
            text = said.get("text") or said.get("clean_text") or ""
            if said.get("blip_caption"):
                text += f" [shares a picture: {said['blip_caption']}]"
            yield Turn(
                id=turn_id(said["dia_id"]) or said["dia_id"],
                session=f"session_{number}",
                speaker=said["speaker"],
                text=text or "[picture]",
                occurred_at=day or moment(said.get("date_time", "")),
            )


def _question_of_json(qa: dict[str, Any], known: set[str]) -> Question:
    """Several ids may be joined in one string; those that match no turn are dropped."""
    evidence = qa.get("evidence") or []
    text = " ".join(evidence) if isinstance(evidence, list) else str(evidence)
    gold = {f"D{int(session)}:{int(turn)}" for session, turn in _ID.findall(text)}
    return Question(
        text=qa["question"],
        category=qa["category"],
        answer=str(qa.get("answer", "")),
        gold=frozenset(gold & known),
    )


def from_text(text: str) -> Talk:
    """One conversation of our own form. Raises ValueError with the line it cannot read."""
    head, _, tail = text.partition("\n## questions\n")
    name = head.splitlines()[0].removeprefix("# talk:").strip()
    turns = tuple(_turns_of_text(head))
    known = {turn.id for turn in turns}
    lines = (line for line in tail.splitlines() if line.strip())
    return Talk(name=name, turns=turns, questions=tuple(_question(line, known) for line in lines))


def _turns_of_text(text: str) -> Iterator[Turn]:
    session, day = 0, None
    for line in text.splitlines():
        if not line.strip() or line.startswith("# "):
            continue
        if opening := _SESSION.fullmatch(line):
            session, day = int(opening[1]), moment(opening[2])
        elif said := _TURN.fullmatch(line):
            yield Turn(
                id=f"D{session}:{int(said[1])}",
                session=f"session_{session}",
                speaker=said[2],
                text=said[3],
                occurred_at=day,
            )
        else:
            raise ValueError(f"neither a session nor a turn: {line!r}")


def _question(line: str, known: set[str]) -> Question:
    parts = [part.strip() for part in line.split("|")]
    if len(parts) != 4 or parts[0] not in {"1", "2", "3", "4", "5"}:
        raise ValueError(f"not `category | question | answer | evidence`: {line!r}")
    gold = {f"D{int(session)}:{int(turn)}" for session, turn in _EVIDENCE.findall(parts[3])}
    if not gold or not gold <= known:
        raise ValueError(f"evidence that is no turn: {line!r}")
    return Question(text=parts[1], category=int(parts[0]), answer=parts[2], gold=frozenset(gold))
