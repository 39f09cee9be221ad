"""Adapters as files: a ZIP with the weights and, in `adapter.json`, all that is known of them."""

from __future__ import annotations

import asyncio
import os
import tempfile
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consolidation.distill.manifest import manifest_hash
from llm_backend.training.errors import BadPlan
from llm_backend.training.fingerprint import fingerprint
from memory_service.auth import Principal, Role
from memory_service.verbs.adapters import workshop_of
from memory_service.verbs.errors import Malformed, TooLarge
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import parametric, spaces
from stores.artifacts import Artifact
from stores.errors import StateConflict
from stores.ids import MemoryId, SpaceId, id_in
from stores.parametric import AdapterRow, Brought, Member

ABOUT: Final = "adapter.json"
#: What PEFT writes. Nothing else is taken in: weights in other formats can run code when loaded.
WEIGHTS: Final = ("adapter_config.json", "adapter_model.safetensors")
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileMember(_Part):
    """A memory as it was learned."""

    memory_id: UUID
    version: int
    sha256: Hash


class About(_Part):
    """What a file says of its adapter."""

    format: Annotated[int, Field(ge=1, le=1)] = 1
    space_id: UUID
    alias: Annotated[str, Field(max_length=64)]
    version: int
    base_model: str
    base_model_hash: Hash
    manifest: Annotated[list[FileMember], Field(max_length=100_000)]
    data_sha256: Hash | None
    metrics: dict[str, Any]
    training: dict[str, Any]
    created_at: datetime


async def export_adapter(
    services: Services, principal: Principal, space: str, adapter: UUID
) -> Path:
    """The file of an adapter, which whoever sends it removes.

    Raises StateConflict where there are no weights, ArtifactDamaged.
    """
    principal.require(Role.ADMIN)
    home = (await scope_of(services, principal, [space])).spaces[0]
    workshop = workshop_of(services)
    async with services.database.read(principal.tenant) as session:
        row = await parametric.get_adapter(session, home.id, MemoryId(adapter))
    if row.artifact_sha256 is None:
        raise StateConflict(f"adapter {adapter} is {row.state}, it has no weights")
    folder = await asyncio.to_thread(
        workshop.artifacts.check, principal.tenant, home.id, row.artifact_sha256
    )
    return await asyncio.to_thread(_pack, folder, _about(row))


async def import_adapter(
    services: Services, principal: Principal, space: str, chunks: AsyncIterator[bytes]
) -> AdapterRow:
    """Take in the file of an adapter, as one that has passed its gate and serves nobody yet.

    Raises Malformed for a file that is none, or of another base model than the one that is set;
    TooLarge.
    """
    principal.require(Role.ADMIN)
    home = (await scope_of(services, principal, [space])).spaces[0]
    workshop = workshop_of(services)
    with tempfile.TemporaryDirectory(prefix="adapter-") as temporary:
        folder = Path(temporary)
        await _receive(chunks, folder / "file", services.limits.import_bytes)
        about = await asyncio.to_thread(
            _unpack, folder / "file", folder / "weights", services.limits.import_bytes
        )
        await _check_base(about, workshop.base_model)
        async with services.database.write(principal.tenant) as session:
            # Weights that no row names are deleted, but not while we hold the space.
            await spaces.hold(session, home.id)
            artifact = await asyncio.to_thread(
                workshop.artifacts.add, principal.tenant, home.id, folder / "weights"
            )
            adapter = await parametric.bring(
                session, home, _brought(about, home.id, artifact),
                base_model=workshop.base_model, alias=about.alias, actor=principal.name,
                now=services.clock(),
            )  # fmt: skip
            return await parametric.get_adapter(session, home.id, adapter)


def _brought(about: About, home: SpaceId, artifact: Artifact) -> Brought:
    manifest = _members(about, home)
    return Brought(
        base_hash=about.base_model_hash, artifact=artifact.sha256, size=artifact.bytes,
        manifest=manifest, manifest_sha256=manifest_hash(manifest), data_sha256=about.data_sha256,
        metrics=about.metrics, training=about.training,
    )  # fmt: skip


def _about(row: AdapterRow) -> About:
    return About(
        space_id=row.space_id, alias=row.alias, version=row.version, base_model=row.base_model,
        base_model_hash=row.base_model_hash, data_sha256=row.data_sha256,
        manifest=[
            FileMember(memory_id=m.memory_id, version=m.version, sha256=m.sha256)
            for m in row.manifest
        ],
        metrics=dict(row.metrics), training=dict(row.training), created_at=row.created_at,
    )  # fmt: skip


def _members(about: About, home: SpaceId) -> tuple[Member, ...]:
    """The memories under the ids that they have here, as an import of the space gives them."""

    def here(old: UUID) -> MemoryId:
        return MemoryId(old if about.space_id == home else id_in(home, old))

    return tuple(
        Member(memory_id=here(m.memory_id), version=m.version, sha256=m.sha256)
        for m in about.manifest
    )


async def _check_base(about: About, base_model: str) -> None:
    try:
        ours = await asyncio.to_thread(fingerprint, base_model)
    except BadPlan as error:
        raise StateConflict(str(error)) from error
    if about.base_model_hash != ours:
        raise Malformed("it was trained on another base model", pointer="/base_model_hash")


async def _receive(chunks: AsyncIterator[bytes], target: Path, most: int) -> None:
    size = 0
    with target.open("wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise TooLarge(f"at most {most} bytes are taken")
            file.write(chunk)


def _pack(folder: Path, about: About) -> Path:
    handle, name = tempfile.mkstemp(prefix="adapter-", suffix=".zip")
    os.close(handle)
    target = Path(name)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr(ABOUT, about.model_dump_json())
        for name in WEIGHTS:
            packed.write(folder / name, name)
    return target


def _unpack(source: Path, target: Path, most: int) -> About:
    """The parts that are known by name, and no others. Raises Malformed, TooLarge."""
    try:
        with zipfile.ZipFile(source) as packed:
            if sorted(packed.namelist()) != sorted((ABOUT, *WEIGHTS)):
                raise Malformed(f"it must hold {ABOUT}, {' and '.join(WEIGHTS)}, nothing else")
            if sum(info.file_size for info in packed.infolist()) > most:
                raise TooLarge(f"at most {most} bytes are taken")
            about = About.model_validate_json(packed.read(ABOUT))
            target.mkdir()
            for name in WEIGHTS:
                packed.extract(name, target)
    except (zipfile.BadZipFile, ValidationError, NotImplementedError) as error:
        raise Malformed("this is not the file of an adapter") from error
    return about
