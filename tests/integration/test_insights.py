"""Insights: drawn once from what recurs, kept or lost by what comes of them, undone and erased."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from llm_backend.chat_script import ScriptedChatModel
from stores import writing
from stores.ids import MemoryId, now
from stores.records import EvidenceLink, Span
from tests.fixtures.service import Start, recall
from tests.integration.graphs import Claim, Step
from tests.integration.workbench import Workbench

#: A Tuesday.
START = datetime(2024, 5, 7, 12, tzinfo=UTC)
TENNIS = "Nora plays tennis"
AGAIN = f"Again and again: {TENNIS}"


class Club(Workbench):
    """A space in which Nora plays games."""

    async def said(self, content: str, *days: int, session: str | None = None) -> list[MemoryId]:
        """Turns that say so, on these days, each in a session of its own."""
        return [
            (await self.episodes(
                content, session_id=session or f"day {day}",
                occurred_at=(START + timedelta(days=day)).isoformat(),
            ))[0]
            for day in days
        ]  # fmt: skip

    async def plays(self, *days: int, game: str = "tennis") -> tuple[MemoryId, list[MemoryId]]:
        """A fact that turns of these days rest on; returns it and them."""
        turns = await self.said(f"I played {game} again", *days)

        async def work(step: Step) -> MemoryId:
            nora = await self._nora(step)
            claim = Claim(subject=nora, predicate="plays", object=game)
            return await step.memory(f"Nora plays {game}", claim, evidence=turns)

        return (await self.run(work))[1], turns

    async def again(self, fact: MemoryId, day: int) -> None:
        """One more turn says the same."""
        [turn] = await self.said("Tennis again", day)

        async def work(step: Step) -> None:
            link = EvidenceLink(episode_id=turn, span=Span(start=0, end=5), run_id=step.run_id)
            await writing.add_evidence(step.session, [(fact, link, now())])

        await self.run(work)

    async def insights(self) -> list[dict[str, Any]]:
        """The insights that count."""
        found: list[dict[str, Any]] = (await self.get("/memories", kind="insight"))["items"]
        return found

    async def scores(self) -> dict[str, int]:
        """Their scores."""
        return {i["content"]: i["data"]["score"] for i in await self.insights()}

    async def judge(self, outcome: str | None = None, *, used: bool = True) -> None:
        """Ask for the insight, and tell what came of it."""
        await self.job("embed")
        answer = await recall(self.tenant.admin, self.name, AGAIN, kinds=["insight"])
        [shown] = [hit["memory"]["id"] for hit in answer["hits"]]
        told = {"used" if used else "irrelevant": [shown]}
        body = told if outcome is None else {**told, "outcome": outcome}
        await self.post(f"/v1/recalls/{answer['recall_id']}/feedback", 201, **body)

    async def _nora(self, step: Step) -> MemoryId:
        known: Sequence[Any] = self.rows("SELECT memory_id FROM entities WHERE name = 'Nora'")
        return known[0][0] if known else await step.entity("Nora")


@pytest.fixture
async def club(start: Start, space: str) -> Club:
    """A space nobody else writes in."""
    service = await start()
    return Club(service=service, tenant=await service.tenant(), name=space)


async def test_what_recurs_becomes_one_insight_with_all_its_sources(club: Club) -> None:
    fact, turns = await club.plays(0, 2, 3)
    await club.job("reflect")
    [insight] = await club.insights()
    assert insight["content"] == AGAIN
    assert insight["data"]["score"] == 2
    assert insight["data"]["pattern"] == "recurring"
    assert insight["provenance"]["derived_from"] == [str(fact)]
    quoted = {evidence["episode_id"] for evidence in insight["provenance"]["evidence"]}
    assert quoted == set(map(str, turns))


async def test_twice_is_once(club: Club) -> None:
    await club.plays(0, 2, 3)
    await club.job("reflect")
    before = club.rows("SELECT memory_id, version FROM memories ORDER BY 1, 2")
    await club.job("reflect")
    assert club.rows("SELECT memory_id, version FROM memories ORDER BY 1, 2") == before
    assert len(await club.runs("reflect")) == 1


async def test_twice_is_no_pattern_and_a_day_of_the_week_is_one(club: Club) -> None:
    await club.plays(0, 2, game="chess")
    await club.plays(0, 7, 14)
    await club.job("reflect")
    assert list(await club.scores()) == [f"On Tuesdays: {TENNIS}"]


async def test_more_sources_raise_the_score_and_undo_lowers_it_again(club: Club) -> None:
    fact, _ = await club.plays(0, 2, 3)
    await club.job("reflect")
    await club.again(fact, 6)
    await club.job("reflect")
    [insight] = await club.insights()
    assert insight["data"]["score"] == 3
    assert len(insight["provenance"]["evidence"]) == 4

    [latest, first] = await club.runs("reflect")
    await club.undo(latest["id"])
    [insight] = await club.insights()
    assert (insight["data"]["score"], len(insight["provenance"]["evidence"])) == (2, 3)
    assert club.rows("SELECT 1 FROM insight_marks") == []

    await club.undo(first["id"])
    assert await club.insights() == []
    await club.job("reflect")
    assert await club.insights() == [], "what was taken back is not told again"


@pytest.mark.parametrize(
    ("outcome", "used", "score"), [("success", True, 3), (None, True, 3), (None, False, 1)]
)
async def test_a_score_follows_what_comes_of_a_recall_once(
    club: Club, outcome: str | None, used: bool, score: int
) -> None:
    await club.plays(0, 2, 3)
    await club.job("reflect")
    await club.judge(outcome, used=used)
    await club.job("reflect")
    await club.job("reflect")
    assert await club.scores() == {AGAIN: score}


async def test_an_insight_that_misled_dies_and_undo_brings_it_back(club: Club) -> None:
    await club.plays(0, 2, 3)
    await club.job("reflect")
    await club.judge("failure")
    await club.job("reflect")
    assert await club.insights() == []
    assert club.lives()[AGAIN] == "invalidated"
    await club.job("reflect")
    assert await club.insights() == []

    [died, _] = await club.runs("reflect")
    assert died["counts"]["ended"] == 1
    await club.undo(died["id"])
    assert await club.scores() == {AGAIN: 2}


async def test_an_open_contradiction_is_told_until_it_is_settled(club: Club) -> None:
    tennis, _ = await club.plays(0)
    chess, _ = await club.plays(1, game="chess")

    async def oppose(step: Step) -> None:
        await step.link(chess, tennis, "contradicts")

    await club.run(oppose)
    await club.job("reflect")
    [told] = await club.scores()
    assert told.startswith("Which of these holds is open:")

    async def settle(step: Step) -> None:
        await step.end(tennis, START + timedelta(days=9))

    await club.run(settle)
    await club.job("reflect")
    assert await club.insights() == []


async def test_an_insight_goes_with_the_first_of_its_sources_that_is_erased(club: Club) -> None:
    _, turns = await club.plays(0, 2, 3, 6)
    await club.job("reflect")
    [insight] = await club.insights()
    answer = await club.tenant.admin.delete(
        f"{club.path}/memories/{turns[0]}", params={"mode": "erase"}
    )
    assert answer.status_code == 200, answer.text
    assert await club.insights() == []
    said = club.rows(f"SELECT content, state FROM memories WHERE memory_id = '{insight['id']}'")
    assert list(said) == [("", "erased")]
    await club.job("reflect")
    assert await club.scores() == {AGAIN: 2}, "what is left is still a pattern"


async def test_a_killed_job_leaves_nothing_and_is_done_by_the_next(club: Club) -> None:
    await club.plays(0, 2, 3)
    await club.kill("reflect", after=1)
    assert await club.insights() == []
    await club.job("reflect")
    assert await club.scores() == {AGAIN: 2}


async def test_two_at_once_draw_it_once(club: Club) -> None:
    await club.plays(0, 2, 3)
    await asyncio.gather(club.work("reflect"), club.work("reflect"))
    assert len(await club.insights()) == 1


async def test_a_model_words_it_and_its_absence_is_noted(club: Club) -> None:
    await club.plays(0, 2, 3)
    await club.plays(0, 1, 2, game="chess")
    reply = '{"question": "What does Nora play?", "text": "Nora keeps playing", "confidence": 0.9}'
    chat = ScriptedChatModel([reply])
    await club.work("reflect", chat=chat)
    assert len(await club.insights()) == 2
    worded = {i["content"]: i for i in await club.insights()}["Nora keeps playing"]
    assert worded["data"]["question"] == "What does Nora play?"
    assert worded["provenance"]["method"]["prompt"] == "reflection-1"
    [run] = await club.runs("reflect")
    assert run["notes"] == ["insight without the model: backend-unavailable"]
