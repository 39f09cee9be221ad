"""Artifacts: files too large for a table, in folders that are named by what is in them.

A folder is never changed once it is there: who has read it under its name may keep it. Each lies
under its tenant and space, so that no two spaces share one and each can be deleted by itself.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from stores.errors import ArtifactDamaged
from stores.ids import SpaceId, TenantId

_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """What is in a folder: the SHA-256 of its files, and their bytes."""

    sha256: bytes
    bytes: int


class Artifacts:
    """The folders under one root, `<root>/<tenant>/<space>/<sha256>`. Calls block."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, tenant: TenantId, space: SpaceId, sha256: bytes) -> Path:
        """Where an artifact lies, whether it is there or not."""
        return self._root / str(tenant) / str(space) / sha256.hex()

    def add(self, tenant: TenantId, space: SpaceId, folder: Path) -> Artifact:
        """Take a folder in, as a copy; it is there whole or not at all, however this ends."""
        artifact = measure(folder)
        home = self.path(tenant, space, artifact.sha256)
        if home.exists():
            return artifact
        home.parent.mkdir(parents=True, exist_ok=True)
        fresh = home.with_name(f".{uuid4().hex}")
        try:
            shutil.copytree(folder, fresh)
            for path in fresh.rglob("*"):
                _settle(path)
            fresh.rename(home)
        except OSError:
            # Somebody was faster with the same files, or there is no room.
            if not home.exists():
                raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        _settle(home.parent)
        return artifact

    def check(self, tenant: TenantId, space: SpaceId, sha256: bytes) -> Path:
        """Where it lies; raises ArtifactDamaged if it is not there or not what it was."""
        home = self.path(tenant, space, sha256)
        if not home.is_dir() or measure(home).sha256 != sha256:
            raise ArtifactDamaged(f"the artifact {sha256.hex()[:12]} is missing or damaged")
        return home

    def remove(self, tenant: TenantId, space: SpaceId, sha256: bytes) -> bool:
        """Delete an artifact; False if there was none."""
        home = self.path(tenant, space, sha256)
        if not home.exists():
            return False
        # Under another name first, so that nobody opens half of it.
        doomed = home.with_name(f".{uuid4().hex}")
        home.rename(doomed)
        shutil.rmtree(doomed)
        return True

    def listed(self, tenant: TenantId, space: SpaceId) -> list[bytes]:
        """What lies there for a space, by hash."""
        home = self._root / str(tenant) / str(space)
        if not home.is_dir():
            return []
        return [bytes.fromhex(p.name) for p in home.iterdir() if not p.name.startswith(".")]

    def clear_up(self, tenant: TenantId, space: SpaceId, before: datetime) -> None:
        """Delete what was begun before a time and never ended: half a copy, half a removal."""
        for path in (self._root / str(tenant) / str(space)).glob(".*"):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                shutil.rmtree(path, ignore_errors=True)

    def remove_space(self, tenant: TenantId, space: SpaceId) -> None:
        """Delete all artifacts of a space."""
        shutil.rmtree(self._root / str(tenant) / str(space), ignore_errors=True)

    def spaces(self) -> list[tuple[TenantId, SpaceId]]:
        """Of which spaces something lies here."""
        return spaces_below(self._root)


def spaces_below(root: Path) -> list[tuple[TenantId, SpaceId]]:
    """The spaces that have a folder `<root>/<tenant>/<space>`; what is named otherwise is none."""
    found = []
    for path in sorted(root.glob("*/*")):
        with suppress(ValueError):
            found.append((TenantId(UUID(path.parent.name)), SpaceId(UUID(path.name))))
    return found


def measure(folder: Path) -> Artifact:
    """The hash over the names and contents of a folder's files, and their size."""
    whole, size = hashlib.sha256(), 0
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                content.update(block)
                size += len(block)
        name = path.relative_to(folder).as_posix()
        whole.update(f"{name}\0{content.hexdigest()}\n".encode())
    return Artifact(sha256=whole.digest(), bytes=size)


def _settle(path: Path) -> None:
    """Have the disk keep it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
