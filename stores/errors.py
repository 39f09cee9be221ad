"""Everything that can go wrong with stored memories, each with a code a caller can act on.

StoreError
 ├─ NotFound: SpaceNotFound, MemoryNotFound, JobNotFound, RunNotFound, RecallNotFound, KeyNotFound,
 │    BlockNotFound, AdapterNotFound
 ├─ Erased
 ├─ Conflict: IdempotencyConflict, ImmutableEpisode, StateConflict
 ├─ VersionMismatch
 ├─ InvalidMemory: UnknownKind, InvalidCursor
 ├─ StoreBusy
 ├─ ArtifactDamaged
 └─ StoreUnavailable: SetupError
"""

from __future__ import annotations

from typing import ClassVar


class StoreError(Exception):
    """The store could not do what was asked."""

    code: ClassVar[str] = "store-error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    #: Where in the request the fault lies, as a JSON pointer.
    pointer: str | None

    def __init__(self, detail: str, *, pointer: str | None = None) -> None:
        super().__init__(detail)
        self.pointer = pointer


class NotFound(StoreError):
    """There is no such thing in your tenant."""

    code = "not-found"
    status = 404


class SpaceNotFound(NotFound):
    """There is no space of that name; it is made by PUT or by the first write to it."""

    code = "space-not-found"


class MemoryNotFound(NotFound):
    """There is no memory with that id in this space."""

    code = "memory-not-found"


class JobNotFound(NotFound):
    """There is no job with that id, or it ended so long ago that it was tidied away."""

    code = "job-not-found"


class RunNotFound(NotFound):
    """There is no run with that id."""

    code = "run-not-found"


class RecallNotFound(NotFound):
    """There is no recall with that id, or feedback on it came too late."""

    code = "recall-not-found"


class KeyNotFound(NotFound):
    """There is no API key with that id."""

    code = "key-not-found"


class BlockNotFound(NotFound):
    """There is no block of that name in this space; derived ones come with what they tell of."""

    code = "block-not-found"


class AdapterNotFound(NotFound):
    """There is no adapter with that id in this space."""

    code = "adapter-not-found"


class Erased(StoreError):
    """The memory was erased; only its tombstone remains, and nothing can bring it back."""

    code = "erased"
    status = 410


class Conflict(StoreError):
    """What was asked contradicts what is stored; nothing was changed."""

    code = "conflict"
    status = 409


class IdempotencyConflict(Conflict):
    """This Idempotency-Key was used with another request; use a new key for a new request."""

    code = "idempotency-conflict"


class ImmutableEpisode(Conflict):
    """An episode is what was received and never changes; write a memory that corrects it."""

    code = "immutable-episode"


class StateConflict(Conflict):
    """The memory or job is in a state that does not allow this."""

    code = "state-conflict"


class VersionMismatch(StoreError):
    """The memory has changed since you read it; read it again and repeat with its version."""

    code = "version-mismatch"
    status = 412


class InvalidMemory(StoreError):
    """The memory's payload does not fit its kind."""

    code = "malformed-request"
    status = 422


class UnknownKind(InvalidMemory):
    """There is no such kind of memory, or it cannot be written this way."""

    code = "unknown-kind"


class InvalidCursor(InvalidMemory):
    """The cursor is not one this list gave out; start again without it."""

    code = "invalid-cursor"


class ArtifactDamaged(StoreError):
    """The files of an adapter are missing or not what they were; build it anew."""

    code = "artifact-damaged"


class StoreUnavailable(StoreError):
    """The database does not answer; try again shortly."""

    code = "store-unavailable"
    status = 503
    retryable = True


class StoreBusy(StoreError):
    """The database could not finish in time or because of another change; try again."""

    code = "store-busy"
    status = 503
    retryable = True


class SetupError(StoreUnavailable):
    """The database is there but not fit for use; an operator has to act."""

    code = "store-misconfigured"
    retryable = False
