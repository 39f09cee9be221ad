"""Who is logged in: a random id in a cookie stands for a key that never leaves the server."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

COOKIE = "memory_session"
#: A session ends after so many seconds without a request.
IDLE_S = 12 * 3600
_MOST = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Flash:
    """One line to show on the next page."""

    text: str
    tone: str = "good"


@dataclass(kw_only=True, slots=True)
class Session:
    """One login. `csrf` is what every form has to send back; `space` the one last looked at."""

    id: str
    key: str
    csrf: str
    until: float
    space: str | None = None
    flashes: list[Flash] = field(default_factory=list)

    def is_from(self, token: str) -> bool:
        """Whether a form was made by this session."""
        return secrets.compare_digest(self.csrf.encode(), token.encode())

    def take_flashes(self) -> list[Flash]:
        """What is to be shown, once."""
        taken, self.flashes = self.flashes, []
        return taken


class Sessions:
    """The sessions of this process; they end with it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[str, Session] = {}

    def begin(self, key: str) -> Session:
        """A new session for a key that was accepted."""
        self._tidy()
        session = Session(
            id=secrets.token_urlsafe(32),
            key=key,
            csrf=secrets.token_urlsafe(32),
            until=self._clock() + IDLE_S,
        )
        self._open[session.id] = session
        return session

    def find(self, session_id: str | None) -> Session | None:
        """The session of a cookie, which lives on; None if there is none or it has ended."""
        session = self._open.get(session_id or "")
        if session is None:
            return None
        if session.until <= self._clock():
            del self._open[session.id]
            return None
        session.until = self._clock() + IDLE_S
        return session

    def end(self, session: Session) -> None:
        """Log out."""
        self._open.pop(session.id, None)

    def _tidy(self) -> None:
        """Drop what has ended; when still full, those idle longest."""
        now = self._clock()
        living = sorted((s for s in self._open.values() if s.until > now), key=lambda s: s.until)
        self._open = {s.id: s for s in living[-(_MOST - 1) :]}
