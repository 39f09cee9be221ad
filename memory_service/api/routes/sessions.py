"""Sessions, and what came of one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from memory_service.api import pages
from memory_service.api.deps import Cursor, Limit, PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.sessions import Conversation, ConversationList, Derived
from memory_service.verbs import derived
from stores.derived import Place
from stores.errors import InvalidCursor
from stores.ids import MemoryId

router = APIRouter(prefix="/v1/spaces/{space}/sessions", tags=["remember"])

_FIRST = Place(group=0, memory_id=MemoryId(UUID(int=0)))
#: It holds the name of a session, so it may be longer than those of other lists.
_Cursor = Annotated[
    str | None, Query(max_length=2000, description="`next_cursor` of the page before.")
]


@router.get("")
async def list_sessions(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    cursor: _Cursor = None,
    limit: Limit = 50,
) -> ConversationList:
    """The sessions of a space, the one spoken in last first."""
    page = await derived.list_sessions(
        services, principal, space, after=pages.decode(cursor), limit=limit
    )
    return ConversationList(
        items=[Conversation.of(one) for one in page.items],
        next_cursor=pages.encode(page.next_cursor),
    )


@router.get("/{session_id}/derived")
async def list_session_derived(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    session_id: Annotated[str, Path(min_length=1, max_length=300, pattern=r"^[^\x00]+$")],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Derived:
    """Everything stored because of a session: its memories by type, each the oldest first."""
    page, outline = await derived.list_derived(
        services, principal, space, session_id, behind=_place(cursor), limit=limit
    )
    return Derived.of(session_id, page, outline, pages.encode(page.next_cursor))


def _place(cursor: str | None) -> Place:
    position = pages.decode(cursor)
    if position is None:
        return _FIRST
    group, _, memory_id = position.partition(" ")
    try:
        if group not in {"1", "2", "3", "4"}:
            raise ValueError("no group of ours")  # noqa: TRY301
        return Place(group=int(group), memory_id=MemoryId(UUID(memory_id)))
    except ValueError as error:
        raise InvalidCursor("this is no cursor of this list", pointer="query:cursor") from error
