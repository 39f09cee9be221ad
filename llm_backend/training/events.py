"""What a training says while it goes on: one JSON object a line on its standard output."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """The base model is there: where it runs, its hash, the parameters of the adapter."""

    device: str
    base_hash: str
    parameters: int
    #: Steps done before, where a checkpoint was found.
    step: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stepped:
    """So many steps are done; the loss of the last one in nats, the seconds of all attempts."""

    step: int
    steps: int
    loss: float
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """So many of the probes are answered."""

    done: int
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """The weights and the answers lie in the folder; `stopped` by `steps` or `time`."""

    step: int
    stopped: str
    seconds: float
    memory_mb: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """It cannot be done; `code` is that of the error."""

    code: str
    detail: str


Event: TypeAlias = Loaded | Stepped | Asked | Finished | Failed
_BY_NAME: Mapping[str, type[Event]] = {
    "loaded": Loaded, "stepped": Stepped, "asked": Asked, "finished": Finished, "failed": Failed,
}  # fmt: skip


def to_line(event: Event) -> str:
    """The event as a line."""
    return json.dumps({"event": type(event).__name__.lower(), **asdict(event)})


def from_line(line: str) -> Event | None:
    """The event of a line; None for a line that some library has printed."""
    try:
        said: Any = json.loads(line)
        return _BY_NAME[said.pop("event")](**said)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
