"""Why a training ended without an adapter."""

from __future__ import annotations

from typing import ClassVar


class TrainingError(Exception):
    """The adapter could not be trained."""

    code: ClassVar[str] = "training-failed"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False


class TrainingLost(TrainingError):
    """The training process ended without a word; it goes on from its last checkpoint."""

    code = "training-lost"
    status = 503
    retryable = True


class OutOfMemory(TrainingError):
    """Training needs more memory than its policy allows; fewer rows a step, or a lower rank."""

    code = "training-out-of-memory"


class BadPlan(TrainingError):
    """What is to be trained cannot be: no base model there, or a chat template that fits no row."""

    code = "training-bad-plan"
    status = 422
