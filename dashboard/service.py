"""The service as the dashboard sees it: its REST API with the key of whoever is logged in."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

Json = Any
#: Calls go to this process, so the name is never looked up.
BASE_URL = "http://memory.internal"
_TIMEOUT_S = 60.0


class Refused(Exception):
    """The service answered with a problem document."""

    def __init__(self, status: int, code: str, detail: str, pointer: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.pointer = pointer


def segment(text: object) -> str:
    """A text as one step of a path, so that nothing in it leads elsewhere."""
    return quote(str(text), safe="") if str(text) not in (".", "..") else "%2E"


class Service:
    """Calls with one key. Parameters that are None or empty text are left out."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {key}"}

    async def get(self, path: str, **params: Any) -> Json:
        """The answer of a GET; raises Refused."""
        return await self.call("GET", path, params=params)

    async def post(self, path: str, body: Json = None) -> Json:
        """The answer of a POST; raises Refused."""
        return await self.call("POST", path, body=body)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        body: Json = None,
        if_match: str | None = None,
    ) -> Json:
        """The answer as JSON, None where it has no body; raises Refused."""
        headers = dict(self._headers)
        if if_match:
            headers["If-Match"] = f'"{if_match}"'
        answer = await self._client.request(
            method,
            path,
            params=[*_given(params or {})],
            json=body,
            headers=headers,
            timeout=_TIMEOUT_S,
        )
        if answer.is_error:
            raise _refused(answer)
        return answer.json() if answer.content else None


def _given(params: dict[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in params.items():
        values = value if isinstance(value, list | tuple) else [value]
        found += [(name, str(v)) for v in values if v is not None and v != ""]
    return found


def _refused(answer: httpx.Response) -> Refused:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    errors = problem.get("errors") or [{}]
    return Refused(
        answer.status_code,
        problem.get("code", "internal-error"),
        problem.get("detail") or problem.get("title") or answer.reason_phrase,
        errors[0].get("pointer"),
    )
