"""Everything that can go wrong with a model, each with a code a caller can act on.

BackendError
 ├─ BackendUnavailable, BackendTimeout, MalformedReply, ModelAwaited: passing, worth another try
 └─ RequestRefused, BudgetSpent, ModelNotFound, ModelCorrupt: an operator or the caller has to act
"""

from __future__ import annotations

from typing import ClassVar


class BackendError(Exception):
    """The model could not do what was asked."""

    code: ClassVar[str] = "backend-error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BackendUnavailable(BackendError):
    """The model cannot be reached or is not up; try again shortly."""

    code = "backend-unavailable"
    status = 503
    retryable = True


class BackendTimeout(BackendError):
    """The model did not answer in time; try again, with less text if it happens often."""

    code = "backend-timeout"
    status = 504
    retryable = True


class MalformedReply(BackendError):
    """The model answered with something that cannot be used; try again."""

    code = "malformed-completion"
    status = 502
    retryable = True


class RequestRefused(BackendError):
    """The model server refuses this input, most often because it is too long; change it."""

    code = "backend-refused"
    status = 502


class BudgetSpent(BackendError):
    """The space has no tokens left for today; work goes on by rules, or raise `tokens_per_day`."""

    code = "token-budget-spent"
    status = 429


class ModelAwaited(BackendError):
    """The chat model is away and the space waits for it; its jobs go on when it is back."""

    code = "model-awaited"
    status = 503
    retryable = True


class ModelNotFound(BackendError):
    """The configured model is not there, or not for us; an operator has to name or install it."""

    code = "model-not-found"


class ModelCorrupt(BackendError):
    """The model's files are not what they should be; an operator has to install them again."""

    code = "model-corrupt"
