"""The jobs, one file each; a new job is a new file in this folder."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from consolidation.services import JobKind


@cache
def load() -> dict[str, JobKind]:
    """Every job by name, read from the files of this folder."""
    modules = (
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
    )
    return {module.JOB.name: module.JOB for module in modules}
