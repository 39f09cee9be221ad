"""The client: where everything starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self, Unpack

import httpx

from memory_sdk._answers import Feedback, Health, Page, Readiness, RecallResult
from memory_sdk._async.http import AsyncHttp
from memory_sdk._async.operations import AsyncJobs, AsyncKeys, AsyncRuns, AsyncSpaces
from memory_sdk._async.space import AsyncSpace
from memory_sdk._async.stats import AsyncStats
from memory_sdk._bodies import feedback_body, recall_body
from memory_sdk._calls import Call, ask, get, path, say
from memory_sdk._options import Outcome, RecallOptions
from memory_sdk._prospect_answers import Principal, Setting


class AsyncClient:
    """A memory service, as one API key sees it.

        async with AsyncClient("http://127.0.0.1:8000", api_key) as client:
            space = client.space("alice")
            await space.remember("I moved to Lisbon", speaker="Ana")
            await space.settle()
            result = await space.recall("where does Ana live?")

    `timeout` is in seconds and per attempt. Calls that can be repeated safely are, up to
    `retries` times, when the connection breaks or the service asks for patience. `transport`
    stands in for the network, as in tests.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: float = 30.0,
        retries: int = 3,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = AsyncHttp(
            base_url, api_key, timeout=timeout, retries=retries, transport=transport
        )
        self.spaces = AsyncSpaces(self._http)
        self.keys = AsyncKeys(self._http)
        self.jobs = AsyncJobs(self._http)
        self.runs = AsyncRuns(self._http)
        self.stats = AsyncStats(self._http)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; the client cannot be used after that."""
        await self._http.aclose()

    def space(self, name: str) -> AsyncSpace:
        """The space of that name; nothing is sent."""
        return AsyncSpace(self._http, name)

    async def recall(
        self,
        query: str,
        k: int = 10,
        *,
        spaces: Sequence[str],
        budget_tokens: int | None = None,
        **options: Unpack[RecallOptions],
    ) -> RecallResult:
        """Recall from several spaces at once; `hit.memory.space` tells from which.

            result = await client.recall("who knows Go?", spaces=["alice", "team"])

        Options are those of a space's recall.
        """
        body = recall_body(query, options, k=k, budget_tokens=budget_tokens)
        return await self._http.answer(ask("/v1/recall", {**body, "spaces": spaces}), RecallResult)

    async def feedback(
        self,
        recall_id: str,
        *,
        used: Iterable[str] = (),
        irrelevant: Iterable[str] = (),
        outcome: Outcome | None = None,
    ) -> Feedback:
        """Tell which memories of a recall or context served; spaces learn their ranking from it.

            result = await client.recall("who knows Go?", spaces=["alice", "team"])
            await client.feedback(result.recall_id, used=[result.hits[0].memory.id])

        What is named in neither counts as not used as soon as another one is. Said again, the last
        word on a memory counts. Raises NotFound 90 days after the recall.
        """
        body = feedback_body(used, irrelevant, outcome)
        call = say(path("v1", "recalls", recall_id, "feedback"), body)
        return await self._http.answer(call, Feedback)

    async def principal(self) -> Principal:
        """Whose key it is: its name, its role, and the spaces it covers."""
        return await self._http.answer(get("/v1/principal"), Principal)

    async def settings(self) -> tuple[Setting, ...]:
        """What the process that answers runs with, secrets masked; for admins."""
        return (await self._http.answer(get("/v1/settings"), Page[Setting])).items

    async def health(self) -> Health:
        """Whether the process answers."""
        return await self._http.answer(get("/healthz"), Health)

    async def ready(self) -> Readiness:
        """Whether the service can work, and if not, why; "not yet" is an answer, no error."""
        call = Call(method="GET", path="/readyz", accepts=frozenset({503}))
        return await self._http.answer(call, Readiness)
