"""One space: remember, recall, forget, and all else that is done with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any, Literal, Unpack
from uuid import uuid4

from memory_sdk._answers import (
    AnswerResult,
    ConsolidateResult,
    Context,
    DeleteResult,
    Feedback,
    ForgetResult,
    ImportResult,
    Page,
    Prefix,
    Ranker,
    RecallResult,
    RememberResult,
    SpaceInfo,
    Status,
    Why,
)
from memory_sdk._async.adapters import AsyncAdapters
from memory_sdk._async.blocks import AsyncBlocks
from memory_sdk._async.graph import AsyncGraph
from memory_sdk._async.http import AsyncHttp
from memory_sdk._async.memories import AsyncMemories
from memory_sdk._async.pager import AsyncPager
from memory_sdk._async.session import AsyncSession
from memory_sdk._bodies import (
    EpisodeLike,
    batches,
    episodes_body,
    feedback_body,
    named,
    ndjson,
    recall_body,
)
from memory_sdk._calls import (
    Call,
    ask,
    consult,
    delete,
    get,
    patch,
    path,
    post,
    post_once,
    put,
    say,
)
from memory_sdk._errors import JobsFailed, SettleTimeout
from memory_sdk._graph_answers import Difference, Run, TimelineItem
from memory_sdk._memcube import MemCube
from memory_sdk._options import EpisodeOptions, ForgetMode, MemoryType, Outcome, RecallOptions
from memory_sdk._prospect_answers import Conversation

#: Told how many are done so far.
ProgressCallback = Callable[[int], object]
#: Seconds between looks at a space that settles, at first and at most.
_FIRST_LOOK, _LONGEST_LOOK = 0.05, 1.0


class AsyncSpace:
    """A named container of memories; it need not exist until something is remembered in it.

    space = client.space("alice")
    await space.remember("I moved to Lisbon", speaker="Ana", session_id="s1")
    result = await space.recall("where does Ana live?")
    """

    def __init__(self, http: AsyncHttp, name: str) -> None:
        self.name = name
        self.memories = AsyncMemories(http, name)
        self.graph = AsyncGraph(http, name)
        self.blocks = AsyncBlocks(http, name)
        self.adapters = AsyncAdapters(http, name)
        self._http = http
        self._path = path("v1", "spaces", name)

    async def remember(
        self,
        episodes: EpisodeLike | Iterable[EpisodeLike],
        *,
        consolidate: bool = True,
        idempotency_key: str | None = None,
        **shared: Unpack[EpisodeOptions],
    ) -> RememberResult:
        """Remember one episode or a batch; what is answered is stored, once.

            await space.remember("I moved to Lisbon", speaker="Ana", occurred_at=said)
            await space.remember([{"content": "Hi!", "role": "user", "external_id": "m-1"}])

        `kind`, `role`, `speaker`, `occurred_at`, `session_id`, `tags` and `metadata` hold for all
        episodes that do not say otherwise. With `consolidate=False` nothing is extracted until
        `consolidate()`. Without an `idempotency_key` each call makes its own, so that it can be
        repeated safely when the connection breaks.
        """
        body = episodes_body(episodes, shared, consolidate=consolidate)
        key = idempotency_key or str(uuid4())
        call = post_once(f"{self._path}/episodes", body, idempotency_key=key)
        return await self._http.answer(call, RememberResult)

    async def remember_many(
        self,
        episodes: Iterable[EpisodeLike],
        *,
        batch_size: int = 500,
        progress: ProgressCallback | None = None,
        consolidate: bool = True,
        **shared: Unpack[EpisodeOptions],
    ) -> RememberResult:
        """Remember any number of episodes, batch by batch.

            await space.remember_many(read_episodes(), progress=lambda done: print(done))

        Batches before one that fails stay stored; give episodes an `external_id`, and the whole
        can be repeated without storing anything twice.
        """
        results: list[RememberResult] = []
        done = 0
        for batch in batches(episodes, batch_size):
            results.append(await self.remember(batch, consolidate=consolidate, **shared))
            done += len(batch)
            if progress is not None:
                progress(done)
        return RememberResult(
            episodes=tuple(e for result in results for e in result.episodes),
            job_ids=tuple(job_id for result in results for job_id in result.job_ids),
        )

    async def recall(
        self,
        query: str,
        k: int = 10,
        *,
        budget_tokens: int | None = None,
        **options: Unpack[RecallOptions],
    ) -> RecallResult:
        """The memories that bear on a query, best first.

            result = await space.recall("where does Ana live?", k=5, explain=True)
            for hit in result.hits:
                print(hit.relevance, hit.memory.content)

        Options: `types`, `kinds`, `mode` (`fast`, `deep`, `auto`), `as_of`, `time_range`,
        `reference_time`, `recent` (the last turns of the conversation, oldest first), `without`
        (channels or stages to leave out), `session_id`, `filters`, `explain`,
        `include_superseded`.
        """
        body = recall_body(query, options, k=k, budget_tokens=budget_tokens)
        return await self._http.answer(ask(f"{self._path}/recall", body), RecallResult)

    async def why(
        self,
        query: str,
        memory_id: str,
        k: int = 10,
        *,
        budget_tokens: int | None = None,
        **options: Unpack[RecallOptions],
    ) -> Why:
        """Why a memory is recalled for a query, or not; options as of recall.

            answer = await space.why("where does Ana live?", memory_id)
            print(answer.recalled, answer.rank, *answer.reasons, sep="\\n")

        Raises NotFound for a memory that is in no space the key covers. It is no recall: nothing
        is counted as shown.
        """
        body = recall_body(query, options, k=k, budget_tokens=budget_tokens)
        call = ask(f"{self._path}/why", {**body, "memory_id": memory_id})
        return await self._http.answer(call, Why)

    async def context(
        self,
        query: str,
        budget_tokens: int = 1000,
        *,
        k: int | None = None,
        blocks: bool | Sequence[str] = False,
        **options: Unpack[RecallOptions],
    ) -> Context:
        """What a model should know for a query, as text within a budget; options as of recall.

            context = await space.context("where does Ana live?", budget_tokens=500)
            prompt = context.text

        With `blocks`, the text begins with those of the space, all or those of these names.
        """
        body = recall_body(query, options, k=k, budget_tokens=budget_tokens)
        if blocks:
            body["blocks"] = blocks if isinstance(blocks, bool) else named(blocks)
        return await self._http.answer(ask(f"{self._path}/context", body), Context)

    async def answer(
        self,
        query: str,
        budget_tokens: int = 2000,
        *,
        k: int | None = None,
        check_confidence: bool = False,
        **options: Unpack[RecallOptions],
    ) -> AnswerResult:
        """What the service's chat model answers from the memory; options as of recall.

            result = await space.answer("where does Ana live?")
            print(result.answer, *(cited.quote for cited in result.citations), sep="\\n")

        The `mode` is `auto` unless given. Raises BackendUnavailable where the service has no chat
        model. It costs tokens, so it is not asked again after a timeout: give the client the
        `timeout` that your model needs. With `check_confidence` the model is also asked without
        the memory.
        """
        given: RecallOptions = {"mode": "auto", **options}
        body = recall_body(query, given, k=k, budget_tokens=budget_tokens)
        body["check_confidence"] = check_confidence
        return await self._http.answer(consult(f"{self._path}/answer", body), AnswerResult)

    async def feedback(
        self,
        recall_id: str,
        *,
        used: Iterable[str] = (),
        irrelevant: Iterable[str] = (),
        outcome: Outcome | None = None,
    ) -> Feedback:
        """Tell which memories of a recall or context served; the space learns its ranking from it.

            context = await space.context("where does Ana live?")
            await space.feedback(context.recall_id, used=cited, outcome="success")

        What is named in neither counts as not used as soon as another one is. Said again, the last
        word on a memory counts. Raises NotFound 90 days after the recall.
        """
        body = feedback_body(used, irrelevant, outcome)
        call = say(path("v1", "recalls", recall_id, "feedback"), body)
        return await self._http.answer(call, Feedback)

    def rankers(self) -> AsyncPager[Ranker]:
        """What the space has learned about ranking, newest first."""
        return AsyncPager(self._http, get(f"{self._path}/rankers"), Page[Ranker])

    async def revert_ranker(self) -> tuple[Ranker, ...]:
        """Take the active ranker back; the one before it ranks again, or the base model alone.

        Returns the rankers as they are then. Needs an admin's key.
        """
        answer = await self._http.answer(post(f"{self._path}/rankers/revert"), Page[Ranker])
        return answer.items

    async def forget(
        self, memory_id: str, mode: ForgetMode = "invalidate", *, version: int | None = None
    ) -> ForgetResult:
        """Forget a memory.

        `invalidate`: it no longer holds; `archive`: out of the way; `erase`: gone for good, with
        all that rests on it alone. With `version`, only if that is still its version.
        """
        call = delete(f"{self._path}/memories{path(memory_id)}", version=version, mode=mode)
        return await self._http.answer(call, ForgetResult)

    async def consolidate(self, jobs: Iterable[str] | None = None) -> ConsolidateResult:
        """Have these jobs run now, or else whatever is owed and all that are on in the space.

        await space.consolidate(["merge", "summarise"])
        """
        body = {} if jobs is None else {"jobs": named(jobs)}
        return await self._http.answer(post(f"{self._path}/consolidate", body), ConsolidateResult)

    def prefixes(self, *, limit: int | None = None) -> AsyncPager[Prefix]:
        """What the chats of the space begin with, and began with before, the newest first."""
        return AsyncPager(self._http, get(f"{self._path}/prefixes", limit=limit), Page[Prefix])

    async def refresh_prefix(self) -> ConsolidateResult:
        """Have the prefix of the space made anew now."""
        return await self._http.answer(post(f"{self._path}/prefixes"), ConsolidateResult)

    async def status(self) -> Status:
        """What the space holds and what is still to be done; raises NotFound."""
        return await self._http.answer(get(f"{self._path}/status"), Status)

    async def settle(self, timeout: float = 300) -> Status:
        """Wait until all that was remembered is processed.

        Raises JobsFailed as soon as a job has failed for good, SettleTimeout after `timeout`
        seconds.
        """
        deadline = monotonic() + timeout
        pause = _FIRST_LOOK
        while not (status := await self.status()).settled:
            self._check(status, late=monotonic() >= deadline)
            await asyncio.sleep(min(pause, max(0.0, deadline - monotonic())))
            pause = min(_LONGEST_LOOK, pause * 1.5)
        self._check(status, late=False)
        return status

    def session(self, session_id: str) -> AsyncSession:
        """The session of that id; nothing is sent."""
        return AsyncSession(self._http, self.name, session_id)

    def sessions(self, *, limit: int | None = None) -> AsyncPager[Conversation]:
        """The sessions of the space, the one spoken in last first."""
        return AsyncPager(
            self._http, get(f"{self._path}/sessions", limit=limit), Page[Conversation]
        )

    def timeline(
        self,
        *,
        entity: str | None = None,
        predicate: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        types: Sequence[MemoryType] | None = None,
        limit: int | None = None,
    ) -> AsyncPager[TimelineItem]:
        """What happened and what held, ended or not, in the order of world time.

            async for item in space.timeline(entity="Ana"):
                print(item.period or item.at, item.content)

        Episodes themselves are told only if `types` asks for them.
        """
        stretch = {"from": since, "to": until}
        wanted = None if types is None else list(types)
        call = get(
            f"{self._path}/timeline",
            entity=entity,
            predicate=predicate,
            **stretch,
            types=wanted,
            limit=limit,
        )
        return AsyncPager(self._http, call, Page[TimelineItem])

    def diff(
        self,
        since: datetime,
        until: datetime,
        *,
        axis: Literal["known", "valid"] = "known",
        limit: int | None = None,
    ) -> AsyncPager[Difference]:
        """What was added, ended and changed between two moments.

        On the axis `known` it is what the service knew, on `valid` what held in the world.
        """
        stretch = {"from": since, "to": until}
        call = get(f"{self._path}/diff", **stretch, axis=axis, limit=limit)
        return AsyncPager(self._http, call, Page[Difference])

    def runs(self, *, limit: int | None = None) -> AsyncPager[Run]:
        """The executions that made memories here, newest first."""
        return AsyncPager(self._http, get(f"{self._path}/runs", limit=limit), Page[Run])

    def session_derived(self, session_id: str, *, limit: int | None = None) -> AsyncPager[MemCube]:
        """Everything stored because of a session, oldest first."""
        at = self._path + path("sessions", session_id, "derived")
        return AsyncPager(self._http, get(at, limit=limit), Page[MemCube])

    async def export(self) -> AsyncIterator[dict[str, Any]]:
        """Everything in the space, one line at a time, as `import_` takes it.

        async for line in space.export():
            file.write(json.dumps(line) + "\\n")
        """
        call = ask(f"{self._path}/export", {})
        async for line in self._http.lines(call):
            yield json.loads(line)

    async def import_(
        self,
        lines: Iterable[Mapping[str, object] | str],
        progress: ProgressCallback | None = None,
    ) -> ImportResult:
        """Take in an export; lines that are there already are skipped.

            with open("alice.ndjson") as file:
                await space.import_(file)

        The lines are sent as they are read, in one call, and its answer is waited for as long as
        it takes. `progress` is told how many were sent.
        """
        call = Call(
            method="POST",
            path=f"{self._path}/import",
            headers={"Content-Type": "application/x-ndjson"},
            content=_sent(lines, progress),
            patient=True,
        )
        return await self._http.answer(call, ImportResult)

    async def get(self) -> SpaceInfo:
        """The space and its policies; raises NotFound."""
        return await self._http.answer(get(self._path), SpaceInfo)

    async def put(self, policies: Mapping[str, object] | None = None) -> SpaceInfo:
        """Make the space, or replace its policies.

        These are `owner`, `admission_threshold`, `purpose` and `metadata`.
        """
        return await self._http.answer(put(self._path, {"policies": policies or {}}), SpaceInfo)

    async def patch(self, policies: Mapping[str, object]) -> SpaceInfo:
        """Change some policies; None removes one."""
        return await self._http.answer(patch(self._path, {"policies": policies}), SpaceInfo)

    async def delete(self) -> DeleteResult:
        """Erase the space and all that is in it; there is no way back."""
        return await self._http.answer(delete(self._path), DeleteResult)

    def _check(self, status: Status, *, late: bool) -> None:
        if status.failed_jobs:
            raise JobsFailed(self.name, status.failed_jobs)
        if late:
            raise SettleTimeout(
                self.name, pending=status.pending_jobs, unembedded=status.unembedded
            )


async def _sent(
    lines: Iterable[Mapping[str, object] | str], progress: ProgressCallback | None
) -> AsyncIterator[bytes]:
    """The lines as they travel, counted once they are on their way."""
    for number, line in enumerate(ndjson(lines), start=1):
        yield line
        if progress is not None:
            progress(number)
