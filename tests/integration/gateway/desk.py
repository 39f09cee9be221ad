"""What the tests of the gateway share: a service, its model server, and clients of OpenAI's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from httpx import AsyncClient
from openai import AsyncOpenAI

from memory_service.auth import Role
from tests.fixtures.openai_server import OpenAiServer, on_a_socket
from tests.fixtures.service import Service, Tenant

Json = dict[str, Any]
HOME = {"X-Memory-Space": "home"}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A running gateway, and a tenant's clients of it."""

    url: str
    service: Service
    model: OpenAiServer
    tenant: Tenant
    openai: AsyncOpenAI
    http: AsyncClient

    @asynccontextmanager
    async def with_key(self, role: Role, **limits: Any) -> AsyncIterator[AsyncOpenAI]:
        """A client with another key."""
        client = await self.tenant.client(role, **limits)
        async with openai_client(self.url, client) as opened:
            yield opened

    async def kept(self, space: str = "home") -> list[Json]:
        """The episodes there are once all that was said is written, as they happened."""
        await self.service.parts.gateway.keeper.settle()
        query = {"type": "episodic", "kind": "message", "limit": 200}
        answer = await self.tenant.admin.get(f"/v1/spaces/{space}/memories", params=query)
        items: list[Json] = answer.json().get("items", [])
        return sorted(items, key=lambda item: item["time"]["occurred_at"])

    async def said(self, space: str = "home") -> list[tuple[str, str]]:
        """The same, as who said what."""
        return [(i["data"].get("role", ""), i["content"]) for i in await self.kept(space)]

    def sent(self) -> Json:
        """What the model server was asked last."""
        body: Json = self.model.asked[-1].body
        return body


def openai_client(url: str, client: AsyncClient) -> AsyncOpenAI:
    """OpenAI's own client, as anybody has it, with the key of this one."""
    key = client.headers["authorization"].removeprefix("Bearer ")
    return AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


@asynccontextmanager
async def at_desk(service: Service, url: str, model: OpenAiServer) -> AsyncIterator[Desk]:
    """A new tenant's clients of a running gateway."""
    tenant = await service.tenant()
    async with (
        openai_client(url, tenant.admin) as openai,
        AsyncClient(base_url=url, headers=tenant.admin.headers, trust_env=False) as http,
    ):
        yield Desk(url=url, service=service, model=model, tenant=tenant, openai=openai, http=http)


@asynccontextmanager
async def opened(service: Service, model: OpenAiServer) -> AsyncIterator[Desk]:
    """A running service on a real socket, and a tenant of it."""
    async with on_a_socket(service.app) as url, at_desk(service, url, model) as desk:
        yield desk


def asking(text: str, *before: tuple[str, str]) -> list[Any]:
    """A conversation that ends with this question."""
    turns = [*before, ("user", text)]
    return [{"role": role, "content": content} for role, content in turns]
