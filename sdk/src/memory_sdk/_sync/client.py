# Generated from _async/client.py by generate_sync.py; change that.
"""The client: where everything starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self, Unpack

import httpx

from memory_sdk._answers import Feedback, Health, Page, Readiness, RecallResult
from memory_sdk._sync.http import Http
from memory_sdk._sync.operations import Jobs, Keys, Runs, Spaces
from memory_sdk._sync.space import Space
from memory_sdk._sync.stats import Stats
from memory_sdk._bodies import feedback_body, recall_body
from memory_sdk._calls import Call, ask, get, path, say
from memory_sdk._options import Outcome, RecallOptions
from memory_sdk._prospect_answers import Principal, Setting


class Client:
    """A memory service, as one API key sees it.

        with Client("http://127.0.0.1:8000", api_key) as client:
            space = client.space("alice")
            space.remember("I moved to Lisbon", speaker="Ana")
            space.settle()
            result = space.recall("where does Ana live?")

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
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = Http(
            base_url, api_key, timeout=timeout, retries=retries, transport=transport
        )
        self.spaces = Spaces(self._http)
        self.keys = Keys(self._http)
        self.jobs = Jobs(self._http)
        self.runs = Runs(self._http)
        self.stats = Stats(self._http)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the client cannot be used after that."""
        self._http.close()

    def space(self, name: str) -> Space:
        """The space of that name; nothing is sent."""
        return Space(self._http, name)

    def recall(
        self,
        query: str,
        k: int = 10,
        *,
        spaces: Sequence[str],
        budget_tokens: int | None = None,
        **options: Unpack[RecallOptions],
    ) -> RecallResult:
        """Recall from several spaces at once; `hit.memory.space` tells from which.

            result = client.recall("who knows Go?", spaces=["alice", "team"])

        Options are those of a space's recall.
        """
        body = recall_body(query, options, k=k, budget_tokens=budget_tokens)
        return self._http.answer(ask("/v1/recall", {**body, "spaces": spaces}), RecallResult)

    def feedback(
        self,
        recall_id: str,
        *,
        used: Iterable[str] = (),
        irrelevant: Iterable[str] = (),
        outcome: Outcome | None = None,
    ) -> Feedback:
        """Tell which memories of a recall or context served; spaces learn their ranking from it.

            result = client.recall("who knows Go?", spaces=["alice", "team"])
            client.feedback(result.recall_id, used=[result.hits[0].memory.id])

        What is named in neither counts as not used as soon as another one is. Said again, the last
        word on a memory counts. Raises NotFound 90 days after the recall.
        """
        body = feedback_body(used, irrelevant, outcome)
        call = say(path("v1", "recalls", recall_id, "feedback"), body)
        return self._http.answer(call, Feedback)

    def principal(self) -> Principal:
        """Whose key it is: its name, its role, and the spaces it covers."""
        return self._http.answer(get("/v1/principal"), Principal)

    def settings(self) -> tuple[Setting, ...]:
        """What the process that answers runs with, secrets masked; for admins."""
        return (self._http.answer(get("/v1/settings"), Page[Setting])).items

    def health(self) -> Health:
        """Whether the process answers."""
        return self._http.answer(get("/healthz"), Health)

    def ready(self) -> Readiness:
        """Whether the service can work, and if not, why; "not yet" is an answer, no error."""
        call = Call(method="GET", path="/readyz", accepts=frozenset({503}))
        return self._http.answer(call, Readiness)
