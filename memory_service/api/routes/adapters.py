"""Adapters of a space: memories as the weights of a model."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from memory_service.api import pages
from memory_service.api.deps import Cursor, Limit, PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.adapters import Adapter, AdapterList, BuildIn, BuildOut, ShadowIn
from memory_service.verbs import adapter_transfer, adapters

router = APIRouter(prefix="/v1/spaces/{space}/adapters", tags=["adapters"])

AdapterId = Annotated[UUID, Path(description="The adapter's id.")]
MEDIA_TYPE = "application/zip"
_FILE = {"schema": {"type": "string", "format": "binary", "description": "A ZIP file."}}


@router.post("", status_code=201, responses={200: {"model": BuildOut}})
async def build_adapter(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    response: Response,
    body: BuildIn = BuildIn(),
) -> BuildOut:
    """Have an adapter built from the memories that the space's policy `parametric` lets be learned.

    A job trains and tests it. With `dry_run` (answered 200) nothing is built: the answer tells what
    would be learned, and of every other memory why not.
    """
    built = await adapters.build(
        services, principal, space, alias=body.alias, activate=body.activate, dry_run=body.dry_run
    )
    if body.dry_run:
        response.status_code = 200
    return BuildOut.of(built)


@router.get("")
async def list_adapters(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AdapterList:
    """The adapters of a space, newest first, those that failed among them."""
    page = await adapters.list_adapters(
        services, principal, space, before=pages.before(cursor), limit=limit
    )
    return AdapterList(
        items=[Adapter.of(row) for row in page.items], next_cursor=pages.encode(page.next_cursor)
    )


@router.post(
    "/import",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {MEDIA_TYPE: _FILE, "application/octet-stream": _FILE},
        }
    },
)
async def import_adapter(
    request: Request, services: ServicesDep, principal: PrincipalDep, space: SpaceName
) -> Adapter:
    """Take in the file of an adapter that was trained on the same base model.

    It is as one that has passed its gate, and serves nobody until it is activated.
    """
    chunks = request.stream()
    try:
        row = await adapter_transfer.import_adapter(services, principal, space, chunks)
    except Exception:
        # A client that is still sending would see a broken connection instead of the answer.
        async for _ in chunks:
            pass
        raise
    return Adapter.of(row, whole=True)


@router.get("/{adapter_id}")
async def get_adapter(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, adapter_id: AdapterId
) -> Adapter:
    """One adapter: what it was made of, how its training goes or went, what the gate said."""
    row = await adapters.get_adapter(services, principal, space, adapter_id)
    return Adapter.of(row, whole=True)


@router.post("/{adapter_id}/activate")
async def activate_adapter(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, adapter_id: AdapterId
) -> Adapter:
    """Have it serve the space in the place of the one that does, which can be rolled back to."""
    return Adapter.of(await adapters.activate(services, principal, space, adapter_id), whole=True)


@router.post("/{adapter_id}/shadow")
async def shadow_adapter(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    adapter_id: AdapterId,
    body: ShadowIn = ShadowIn(),
) -> Adapter:
    """Have it serve a share of the space's requests beside the active one: a canary."""
    row = await adapters.shadow(services, principal, space, adapter_id, body.share)
    return Adapter.of(row, whole=True)


@router.post("/{adapter_id}/rollback")
async def roll_adapter_back(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, adapter_id: AdapterId
) -> Adapter:
    """Take the active adapter out of service; the one before it serves again.

    Answers the one that serves then; where there was none before, the one that was taken out.
    """
    return Adapter.of(await adapters.roll_back(services, principal, space, adapter_id), whole=True)


@router.post("/{adapter_id}/retire")
async def retire_adapter(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, adapter_id: AdapterId
) -> Adapter:
    """Take an adapter out of service, or give up building it; its memories stay as text."""
    return Adapter.of(await adapters.retire(services, principal, space, adapter_id), whole=True)


@router.get(
    "/{adapter_id}/export",
    response_class=FileResponse,
    responses={200: {"content": {MEDIA_TYPE: _FILE}, "description": "The file."}},
)
async def export_adapter(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, adapter_id: AdapterId
) -> FileResponse:
    """The adapter as a file: its weights, what they were made of, and how they did.

    The weights hold what the memories said.
    """
    target = await adapter_transfer.export_adapter(services, principal, space, adapter_id)
    gone = BackgroundTask(target.unlink, missing_ok=True)
    name = f"adapter-{adapter_id}.zip"
    return FileResponse(target, media_type=MEDIA_TYPE, filename=name, background=gone)
