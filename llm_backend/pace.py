"""How fast a chat model answers lately: a slow one is spared what can be done without it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from statistics import median

#: Seconds that half of the last answers took at least; then it is slow.
SLOW_S = 15.0
#: Answers that are judged by, and how few say nothing.
_LAST, _FEWEST = 9, 3
#: Seconds for which an answer counts: after so long, a model that was slow is tried again.
_COUNTS_S = 60.0


class Pace:
    """The last answers of one model, whoever asked for them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        #: When each answer came, and the seconds it took.
        self._answers: deque[tuple[float, float]] = deque(maxlen=_LAST)

    def note(self, seconds: float) -> None:
        """Count an answer, or a failure, that took so long."""
        self._answers.append((self._clock(), seconds))

    @property
    def slow(self) -> bool:
        """Whether those who can do without it should."""
        since = self._clock() - _COUNTS_S
        took = [seconds for at, seconds in self._answers if at >= since]
        return len(took) >= _FEWEST and median(took) >= SLOW_S
