"""The jobs, one file each; a new job is a new file in this folder.

What they share is how to get past an item that always fails: it is found by halving the stretch of
the backlog it is in, and set aside.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache

from consolidation.services import JobKind, Services, Work
from llm_backend.errors import MalformedReply, ModelCorrupt, ModelNotFound
from stores import backlog, jobs
from stores.backlog import Item, Stage
from stores.errors import SetupError

#: Does what is owed to some items, all of it or none.
Do = Callable[[Sequence[Item]], Awaitable[None]]

#: These say that an operator has to act, and fail every item alike.
_OF_THE_SERVICE = (ModelCorrupt, ModelNotFound, SetupError)
#: An item with no other beside it, whose error may pass, is tried in so many attempts of its job.
_TRIES = 3


@cache
def load() -> dict[str, JobKind]:
    """Every job by name, read from the files of this folder."""
    modules = (
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
    )
    return {module.JOB.name: module.JOB for module in modules}


def may_blame(error: Exception) -> bool:
    """Whether an item may be at fault: not where a backend is away, busy or has to be mended.

    A reply that cannot be used may pass, but may as well be what the model makes of one text.
    """
    if isinstance(error, MalformedReply):
        return True
    return not (isinstance(error, _OF_THE_SERVICE) or getattr(error, "retryable", False))


async def get_past(
    services: Services, work: Work, stage: Stage, items: Sequence[Item], do: Do
) -> None:
    """Do a stretch of the backlog, and set aside those items that fail while others do not.

    If none of several items can be done, the fault is more likely ours: then the error is raised,
    and no item is blamed.
    """
    errors = await _halve(items, do)
    if not errors:
        return
    if len(errors) == len(items) and not await _is_to_blame(services, work, errors):
        raise next(iter(errors.values()))
    names = {item: type(error).__name__ for item, error in errors.items()}
    async with services.database.write(work.tenant) as session:
        await backlog.set_aside(session, work.space.id, stage, names)
        aside = await backlog.errors(session, work.space.id, stage)
        told = f"{sum(aside.values())} set aside: {', '.join(aside)}"
        await jobs.note(session, work.job_id, told)


async def _halve(items: Sequence[Item], do: Do) -> Mapping[Item, Exception]:
    """Do the items, in ever smaller groups where one fails; returns those that fail alone."""
    try:
        await do(items)
    except Exception as error:
        if not may_blame(error):
            raise
        if len(items) == 1:
            return {items[0]: error}
        middle = len(items) // 2
        return {**await _halve(items[:middle], do), **await _halve(items[middle:], do)}
    return {}


async def _is_to_blame(services: Services, work: Work, errors: Mapping[Item, Exception]) -> bool:
    """Whether the only item of a stretch is at fault; there is no other to compare it with."""
    if len(errors) > 1:
        return False
    [error] = errors.values()
    if not getattr(error, "retryable", True):
        return True
    async with services.database.read(work.tenant) as session:
        return (await jobs.get_job(session, work.job_id)).attempts >= _TRIES
