"""Words that are needed for a while after they were erased: half in the database, half in a file.

The file is a one-time pad, as long as the words and as random as the system can make it; the words
combined with it go into the database. Each half by itself is noise, whoever reads it, and in
whatever backup or log it stays. Once the pad is deleted, nobody can tell what the words were.
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from stores.artifacts import spaces_below
from stores.ids import SpaceId, TenantId


@dataclass(frozen=True, kw_only=True, slots=True)
class Sealed:
    """The half that goes into the database, and the name of the pad that opens it."""

    pad: str
    noise: bytes


class Pads:
    """The pads under one root, `<root>/<tenant>/<space>/<name>`. Calls block."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def seal(self, tenant: TenantId, space: SpaceId, words: bytes) -> Sealed:
        """Lay down a pad for these words; it has to be kept apart from what is returned."""
        name, pad = uuid4().hex, secrets.token_bytes(len(words))
        path = self._path(tenant, space, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pad)
        return Sealed(pad=name, noise=_combined(words, pad))

    def open(self, tenant: TenantId, space: SpaceId, sealed: Sealed) -> bytes | None:
        """The words; None where the pad is gone."""
        try:
            pad = self._path(tenant, space, sealed.pad).read_bytes()
        except FileNotFoundError:
            return None
        return _combined(sealed.noise, pad)

    def remove(self, tenant: TenantId, space: SpaceId, name: str) -> None:
        """Make the words unreadable for good."""
        self._path(tenant, space, name).unlink(missing_ok=True)

    def remove_older(self, tenant: TenantId, space: SpaceId, before: datetime) -> None:
        """Make unreadable what was sealed before a time."""
        for path in self._home(tenant, space).glob("*"):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                path.unlink(missing_ok=True)

    def spaces(self) -> list[tuple[TenantId, SpaceId]]:
        """In which spaces something is sealed."""
        return spaces_below(self._root)

    def remove_space(self, tenant: TenantId, space: SpaceId) -> None:
        """Make all that is sealed in a space unreadable for good."""
        shutil.rmtree(self._home(tenant, space), ignore_errors=True)

    def _path(self, tenant: TenantId, space: SpaceId, name: str) -> Path:
        return self._home(tenant, space) / name

    def _home(self, tenant: TenantId, space: SpaceId) -> Path:
        return self._root / str(tenant) / str(space)


def _combined(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
