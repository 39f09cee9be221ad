"""Blocks of a space: texts that belong in every context."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from memory_service.api import pages
from memory_service.api.deps import (
    Cursor,
    IfMatchDep,
    Limit,
    PrincipalDep,
    ServicesDep,
    SpaceName,
)
from memory_service.api.schemas.blocks import BLOCK_NAME, Block, BlockIn, BlockList
from memory_service.verbs import blocks
from stores.blocks import Block as BlockRecord

router = APIRouter(prefix="/v1/spaces/{space}/blocks", tags=["blocks"])

NamePath = Annotated[str, Path(pattern=BLOCK_NAME, description="The block's name.")]


@router.get("")
async def list_blocks(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> BlockList:
    """The blocks of a space, by name: those that callers wrote, and those derived from memories."""
    after = pages.decode(cursor) or ""
    page = await blocks.list_blocks(services, principal, space, after=after, limit=limit)
    return BlockList(
        items=[Block.of(block) for block in page.items],
        next_cursor=pages.encode(page.next_cursor),
    )


@router.get("/{name}")
async def get_block(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    name: NamePath,
    response: Response,
) -> Block:
    """One block; its ETag is what a change sends as If-Match."""
    return _told(await blocks.get_block(services, principal, space, name), response)


@router.put("/{name}")
async def put_block(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    name: NamePath,
    body: BlockIn,
    expecting: IfMatchDep,
    response: Response,
) -> Block:
    """Write a block. `profile` and `preferences` are derived, and cannot be written."""
    made = await blocks.put_block(services, principal, space, name, body.text, expecting=expecting)
    return _told(made, response)


@router.delete("/{name}", status_code=204)
async def delete_block(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    name: NamePath,
    expecting: IfMatchDep,
) -> None:
    """Remove a block for good, with all its versions."""
    await blocks.delete_block(services, principal, space, name, expecting=expecting)


def _told(block: BlockRecord, response: Response) -> Block:
    response.headers["ETag"] = f'"{block.version}"'
    return Block.of(block)
