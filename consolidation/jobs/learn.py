"""Learns a space's ranking from the feedback on its recalls, and deploys it if it is better."""

from __future__ import annotations

import asyncio
from datetime import datetime

from consolidation.services import Cadence, JobKind, Services, Work
from retrieval import learning
from retrieval.rerank import MODEL
from stores import feedback, rankers
from stores.database import ReadSession
from stores.feedback import Example
from stores.ids import SpaceId

#: The latest recalls with feedback that are learned from.
MOST = 2_000


async def run(services: Services, work: Work) -> None:
    """One lesson; the base model keeps serving where there is too little to learn from."""
    async with services.database.read(work.tenant) as session:
        examples = await _examples(session, work.space.id, services.clock())
    learned = work.space.learned
    serving = learned.weights if learned and learned.base == MODEL.name else MODEL.unchanged
    lesson = await asyncio.to_thread(learning.learn, MODEL.weights, serving, examples)
    if lesson is None:
        return
    async with services.database.write(work.tenant) as session:
        await rankers.add_ranker(
            session,
            work.space.id,
            base=MODEL.name,
            weights=lesson.weights,
            metrics=lesson.metrics,
            deploy=lesson.better,
            now=services.clock(),
        )


async def _examples(session: ReadSession, space: SpaceId, now: datetime) -> list[Example]:
    """What may be learned from: nothing too old, nor from before a version was taken back."""
    oldest = now - feedback.KEPT
    since = max(oldest, await rankers.taken_back(session, space) or oldest)
    return await feedback.examples(session, space, model=MODEL.name, since=since, most=MOST)


#: Feedback asks for it; a space may give it a cadence besides.
JOB = JobKind(name="learn", run=run, cadence=Cadence())
