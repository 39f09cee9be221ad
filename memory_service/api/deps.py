"""What routes ask for by type: the parts of the service, the caller, checked parameters."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Request

from memory_service.api.problems import NotReady
from memory_service.auth import Principal, Unauthenticated
from memory_service.verbs.errors import Malformed
from memory_service.verbs.services import Services
from memory_service.wiring import Parts

#: Names of spaces: letters, digits and - _ . : @ , which need no escaping in a URL.
SPACE_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,127}$"


def get_parts(request: Request) -> Parts:
    """The running parts; raises NotReady while the service starts."""
    parts: Parts | None = request.app.state.parts
    if parts is None:
        raise NotReady("the database is not open yet")
    return parts


PartsDep = Annotated[Parts, Depends(get_parts)]


def get_services(parts: PartsDep) -> Services:
    """What verbs need."""
    return parts.services


async def get_principal(
    parts: PartsDep, authorization: Annotated[str | None, Header()] = None
) -> Principal:
    """The caller; raises Unauthenticated."""
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthenticated("send the header Authorization: Bearer <key>")
    return await parts.authenticator.principal(key.strip())


def get_if_match(
    if_match: Annotated[str | None, Header(description='The version you read, as `"3"`.')] = None,
) -> int | None:
    """The version a change expects; None where any will do. Raises Malformed."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Malformed('If-Match is a version, as "3"', pointer="header:if-match")
    return int(text)


ServicesDep = Annotated[Services, Depends(get_services)]
PrincipalDep = Annotated[Principal, Depends(get_principal)]
IdempotencyKey = Annotated[
    str | None, Header(min_length=1, max_length=200, description="Makes repeating it safe.")
]
IfMatchDep = Annotated[int | None, Depends(get_if_match)]
SpaceName = Annotated[str, Path(pattern=SPACE_NAME, description="The space's name.")]
MemoryIdPath = Annotated[UUID, Path(description="The memory's id.")]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many items.")]
Cursor = Annotated[
    str | None, Query(max_length=300, description="`next_cursor` of the page before.")
]
