"""The pages, one file each; a new file in this folder with a `PAGE` is found by itself."""

from __future__ import annotations

import importlib
import pkgutil

from dashboard.page import Page


def load() -> tuple[Page, ...]:
    """Every page, by file name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(importlib.import_module(f"{__name__}.{name}").PAGE for name in names)
