"""Export and import of whole spaces, as lines of JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from memory_service.api.deps import PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.base import Schema
from memory_service.api.schemas.transfer import Header, ImportOut, MemoryLine
from memory_service.verbs import transfer
from memory_service.verbs.errors import Malformed, TooLarge
from memory_service.verbs.transfer import Export, Line

router = APIRouter(prefix="/v1/spaces/{space}", tags=["export and import"])

MEDIA_TYPE = "application/x-ndjson"
#: Bytes that are sent as one chunk, at least.
_CHUNK = 64 * 1024
_LINES = {"schema": {"type": "string", "description": "A header, then one memory per line."}}
Parsed = TypeVar("Parsed", bound=Schema)


@router.post(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {MEDIA_TYPE: _LINES}, "description": "The lines."}},
)
async def export_space(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName
) -> StreamingResponse:
    """Every memory with its versions, evidence, usage and graph, a line of JSON each.

    The first line is a header, with the space's policies and the blocks callers wrote. Tombstones
    are left out. What indexes hold is not in it: an import makes it anew. Each memory is whole, as
    it is when its turn comes; what is written while the export runs may be in it or not.
    """
    export = await transfer.export_space(services, principal, space)
    return StreamingResponse(_written(export), media_type=MEDIA_TYPE)


@router.post(
    "/import",
    status_code=201,
    openapi_extra={
        "requestBody": {"required": True, "content": {MEDIA_TYPE: _LINES, "text/plain": _LINES}}
    },
)
async def import_space(
    request: Request, services: ServicesDep, principal: PrincipalDep, space: SpaceName
) -> ImportOut:
    """Take in the lines of an export, at most 500 memories or 16 MiB of them per transaction.

    In the space it came from ids are kept, and what is there is skipped; in any other space every
    id is replaced by one that follows from it. So importing twice is importing once. A line that
    is not valid is answered 422 with the pointer `/lines/N`, N counted from 1: nothing of its
    batch is stored, but the batches before it are. Mend the line and import the file again.
    """
    chunks = request.stream()
    lines = _numbered(chunks, services.limits.body_bytes)
    try:
        transfer.require_admin(principal, space)
        header = await _header(lines)
        done = await transfer.import_space(
            services, principal, space, header.source(), _memories(lines, header)
        )
    except Exception:
        # A client that is still sending would see a broken connection instead of the answer.
        async for _ in chunks:
            pass
        raise
    return ImportOut(imported=done.imported, skipped=done.skipped)


async def _written(export: Export) -> AsyncIterator[bytes]:
    chunk = [Header.of(export).model_dump_json(exclude_unset=True).encode()]
    size = 0
    async for memory in export.memories:
        chunk.append(MemoryLine.of(memory).model_dump_json().encode())
        size += len(chunk[-1])
        if size > _CHUNK:
            yield b"\n".join([*chunk, b""])
            chunk, size = [], 0
    if chunk:
        yield b"\n".join([*chunk, b""])


async def _header(lines: AsyncIterator[tuple[int, bytes]]) -> Header:
    async for number, text in lines:
        return _parsed(Header, number, text)
    raise Malformed("there is no header", pointer="/lines/1")


async def _memories(lines: AsyncIterator[tuple[int, bytes]], header: Header) -> AsyncIterator[Line]:
    async for number, text in lines:
        yield _parsed(MemoryLine, number, text).line(number, len(text), header)


def _parsed(model: type[Parsed], number: int, text: bytes) -> Parsed:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "/".join(str(step) for step in first["loc"])
        pointer = f"/lines/{number}/{where}".rstrip("/")
        raise Malformed(first["msg"], pointer=pointer) from error


async def _numbered(chunks: AsyncIterator[bytes], longest: int) -> AsyncIterator[tuple[int, bytes]]:
    """The lines of a body that hold something, with their numbers; raises TooLarge."""
    number, begun, size = 1, list[bytes](), 0
    async for chunk in chunks:
        ended, *following = chunk.split(b"\n")
        begun.append(ended)
        size += len(ended)
        if size > longest:
            raise TooLarge(f"longer than {longest} bytes", pointer=f"/lines/{number}")
        for start in following:
            if (line := b"".join(begun)).strip():
                yield number, line
            number, begun, size = number + 1, [start], len(start)
    if (line := b"".join(begun)).strip():
        yield number, line
