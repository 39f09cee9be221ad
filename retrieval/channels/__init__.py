"""The channels, one file each; a new channel is a new file in this folder."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from retrieval.channel import Channel


@cache
def load() -> tuple[Channel, ...]:
    """Every channel, read from the files of this folder."""
    return tuple(
        importlib.import_module(f"{__name__}.{module.name}").CHANNEL
        for module in pkgutil.iter_modules(__path__)
    )
