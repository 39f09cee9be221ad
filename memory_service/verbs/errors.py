"""What can be wrong with a call before anything is stored."""

from __future__ import annotations

from typing import ClassVar


class VerbError(Exception):
    """The call cannot be carried out as it is."""

    code: ClassVar[str]
    status: ClassVar[int]
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str, *, pointer: str | None = None) -> None:
        super().__init__(detail)
        self.pointer = pointer


class TooLarge(VerbError):
    """The content or batch is larger than this server takes; send it in smaller pieces."""

    code = "too-large"
    status = 413


class Malformed(VerbError):
    """The request is not one this call understands; `errors` points at what is wrong."""

    code = "malformed-request"
    status = 422


class NothingToLearn(VerbError):
    """No memory of the space may be learned; the same call with `dry_run` says why of each."""

    code = "nothing-to-learn"
    status = 409
