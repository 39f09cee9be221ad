"""`python -m llm_backend.training FOLDER`: trains what the folder asks for, and says how it goes.

It ends when its standard input does, so that it does not outlive the service that started it; and
two of them never work in one folder.
"""

from __future__ import annotations

import fcntl
import os
import sys
import threading
from pathlib import Path

from llm_backend.training.errors import TrainingError
from llm_backend.training.events import Event, Failed, to_line


def main() -> int:
    """Train; the exit status is 1 if that failed for good."""
    folder = Path(sys.argv[1])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        from llm_backend.training.loop import train

        try:
            train(folder, _tell)
        except TrainingError as error:
            _tell(Failed(code=error.code, detail=str(error)))
            return 1
        except MemoryError:
            _tell(Failed(code="training-out-of-memory", detail="there is no memory left"))
            return 1
    return 0


def _tell(event: Event) -> None:
    sys.stdout.write(to_line(event) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    """Nothing is ever sent: the other end closes when the service stops or dies.

    Read past Python's own buffer, whose lock a thread that waits would still hold when we end.
    """
    while os.read(0, 1):
        pass
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main())
