"""The routes, one file per noun; a new file in this folder is found by itself."""

from __future__ import annotations

import importlib
import pkgutil

from fastapi import APIRouter


def load() -> list[APIRouter]:
    """Every router, by file name."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}").router for name in modules]
