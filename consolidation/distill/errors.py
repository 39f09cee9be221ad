"""Why nothing can be distilled as asked."""

from __future__ import annotations

from typing import ClassVar


class DistillError(Exception):
    """The memories cannot be distilled."""

    code: ClassVar[str]
    status: ClassVar[int]
    retryable: ClassVar[bool] = False


class BadPolicy(DistillError):
    """The policy `parametric` of the space is not one that distilling understands."""

    code = "malformed-request"
    status = 422


class NothingToLearn(DistillError):
    """No memory of the space may be learned; a dry run says why, memory by memory."""

    code = "nothing-to-learn"
    status = 409
