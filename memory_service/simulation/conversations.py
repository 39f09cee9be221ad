"""Conversations from files: LoCoMo's JSON, and that of the demo's corpus."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from memory_service.simulation.records import Question, Told, Workload

Json = Mapping[str, Any]
_ID = re.compile(r"D:?(\d+):(\d+)")
_SESSION = re.compile(r"session_(\d+)")
_TIME = "%I:%M %p on %d %B, %Y"
#: Between two turns of a session of LoCoMo, which says only when it began.
_TURN = timedelta(seconds=30)


def read(path: Path) -> list[Workload]:
    """The conversations of a file; raises ValueError for one of another form."""
    found = json.loads(path.read_text(encoding="utf-8"))
    samples = found if isinstance(found, list) else [found]
    return [_workload(sample, path.stem) for sample in samples]


def _workload(sample: Json, name: str) -> Workload:
    try:
        if "conversation" in sample:
            told = tuple(_turns(sample["conversation"]))
            asked = [(qa["question"], _ids(qa.get("evidence") or ())) for qa in sample["qa"]]
        else:
            told = tuple(map(_episode, sample["episodes"]))
            asked = [(q["question"], q["evidence"]) for q in sample["questions"]]
    except (KeyError, TypeError) as error:
        raise ValueError(f"neither LoCoMo's form nor the corpus's: {error!r} is missing") from error
    told = tuple(sorted(told, key=lambda t: t.at))
    at = {t.id: t.at for t in told}
    return Workload(
        name=str(sample.get("sample_id", name)),
        told=told,
        questions=tuple(
            Question(
                text=text,
                needed=tuple(frozenset({id_}) for id_ in ids),
                since=max(at[id_] for id_ in ids),
            )
            for text, given in asked
            if (ids := [id_ for id_ in dict.fromkeys(given) if id_ in at])
        ),
    )


def _episode(said: Json) -> Told:
    return Told(
        id=said["external_id"],
        at=datetime.fromisoformat(said["occurred_at"]),
        session=said["session_id"],
        speaker=said["speaker"],
        text=said["content"],
    )


def _turns(talk: Json) -> Iterator[Told]:
    numbers = sorted(int(found[1]) for key in talk if (found := _SESSION.fullmatch(key)))
    for number in numbers:
        began = datetime.strptime(talk[f"session_{number}_date_time"], _TIME).replace(tzinfo=UTC)
        for turn, said in enumerate(talk[f"session_{number}"]):
            text = said.get("text") or ""
            if said.get("blip_caption"):
                text = f"{text} [shares a picture: {said['blip_caption']}]".strip()
            yield Told(
                id=_ids([said["dia_id"]])[0],
                at=began + turn * _TURN,
                session=f"session_{number}",
                speaker=said["speaker"],
                text=text or "[picture]",
            )


def _ids(evidence: Sequence[str]) -> list[str]:
    """Several may be joined in one string, with zeros in front or another colon."""
    return [f"D{int(s)}:{int(t)}" for s, t in _ID.findall(" ".join(evidence))]
