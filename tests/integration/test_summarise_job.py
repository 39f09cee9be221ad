"""The tree of summaries: told once, anew where a child changed, gone with what it told of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from llm_backend.chat import Message
from llm_backend.chat_script import ScriptedChatModel
from stores.ids import MemoryId
from tests.fixtures.service import Start, recall
from tests.integration.workbench import Workbench

MAY = datetime(2024, 5, 6, 9, tzinfo=UTC)
BREAD = ["The sourdough bread rose well in the oven", "Nora bought rye flour at the mill in Leeds"]
BOAT = ["The mast of the boat broke in the storm", "Ben repaired the mast with glue and rope"]
SUMMARIES = """
    SELECT data->>'level', data->>'period', content, version, memory_id FROM memories
    WHERE kind = 'summary' AND expired_at IS NULL AND state = 'active'
    ORDER BY array_position(ARRAY['day', 'month', 'space'], data->>'level'), 2
"""


class Diary(Workbench):
    """A space in which people talk on some days."""

    async def talk(self, day: datetime, *contents: str, **more: Any) -> list[MemoryId]:
        """Turns of one day, placed in events."""
        made = []
        for minute, content in enumerate(contents):
            said_at = (day + timedelta(minutes=minute)).isoformat()
            more = {"session_id": f"{day:%F}", "speaker": "Nora", **more}
            made += await self.episodes(content, occurred_at=said_at, **more)
        await self.tenant.admin.post(f"{self.path}/consolidate")
        for job in ("embed", "segment"):
            await self.job(job)
        return made

    def told(self) -> list[tuple[Any, ...]]:
        """Level, period, content and version of every summary."""
        return [row[:4] for row in self.rows(SUMMARIES)]

    async def summary(self, level: str) -> dict[str, Any]:
        """The first summary of a level."""
        memory_id = next(row[4] for row in self.rows(SUMMARIES) if row[0] == level)
        return await self.get(f"/memories/{memory_id}")


@pytest.fixture
async def diary(start: Start, space: str) -> Diary:
    """A space nobody else writes in."""
    service = await start()
    return Diary(service=service, tenant=await service.tenant(), name=space)


async def test_days_months_and_the_space_are_told(diary: Diary) -> None:
    await diary.talk(MAY, *BREAD)
    await diary.talk(MAY + timedelta(days=1), *BOAT)
    await diary.talk(MAY + timedelta(days=40), "Nora sold the boat to Ana")
    await diary.job("summarise")
    told = diary.told()
    assert [(level, period, version) for level, period, _, version in told] == [
        ("day", "2024-05-06", 1), ("day", "2024-05-07", 1), ("day", "2024-06-15", 1),
        ("month", "2024-05", 1), ("month", "2024-06", 1), ("space", "all", 1),
    ]  # fmt: skip
    assert told[0][2].startswith("6 May 2024\n")
    assert {f"Nora: {text}" for text in BREAD} == set(told[0][2].split("\n")[1:])
    assert told[3][2].startswith("May 2024\n6 May, Nora: ")
    assert told[5][2].startswith("6 May 2024 to 15 June 2024\n6 May 2024, Nora: ")
    assert "15 June 2024, Nora: Nora sold the boat to Ana" in told[5][2]


async def test_every_line_rests_on_the_words_it_cites(diary: Diary) -> None:
    await diary.talk(MAY, *BREAD)
    await diary.talk(MAY + timedelta(days=1), *BOAT)
    await diary.job("summarise")
    for level in ("day", "month", "space"):
        cube = await diary.summary(level)
        _, *lines = cube["content"].split("\n")
        quotes = {(e["episode_id"], *e["span"]): e["quote"] for e in cube["provenance"]["evidence"]}
        assert len(cube["data"]["cites"]) == len(lines) > 0
        for line, cites in zip(lines, cube["data"]["cites"], strict=True):
            assert cites
            assert all(quotes[tuple(cite)] in line for cite in cites)
    day, month = await diary.summary("day"), await diary.summary("month")
    events = await recall(diary.tenant.admin, diary.name, "bread", kinds=["event"])
    known = {hit["memory"]["id"] for hit in events["hits"]}
    assert set(day["provenance"]["derived_from"]) & known
    assert day["id"] in month["provenance"]["derived_from"]


async def test_twice_is_once(diary: Diary) -> None:
    await diary.talk(MAY, *BREAD)
    await diary.job("summarise")
    before, runs = diary.told(), len(await diary.runs("summarise"))
    assert (await diary.job("summarise"))["progress"]["done"] == 0
    assert diary.told() == before
    assert len(await diary.runs("summarise")) == runs


async def test_only_what_changed_is_told_anew(diary: Diary) -> None:
    await diary.talk(MAY, *BREAD)
    await diary.talk(MAY + timedelta(days=1), BOAT[0])
    await diary.talk(MAY + timedelta(days=40), "Nora sold the boat to Ana")
    await diary.job("summarise")
    ids = [row[4] for row in diary.rows(SUMMARIES)]
    await diary.talk(MAY + timedelta(days=1, hours=1), BOAT[1])
    await diary.job("summarise")
    assert [version for *_, version in diary.told()] == [1, 2, 1, 2, 1, 2]
    assert [row[4] for row in diary.rows(SUMMARIES)] == ids
    assert BOAT[1] in diary.told()[1][2]


async def test_a_kill_between_stretches_loses_and_repeats_nothing(diary: Diary) -> None:
    for day in range(3):
        await diary.talk(MAY + timedelta(days=day), BREAD[0], BOAT[day % 2])
    # Each stretch asks when it begins and when it ends: two days, then no more.
    await diary.kill("summarise", after=5, stretch=1)
    assert [period for _, period, *_ in diary.told()] == ["2024-05-06", "2024-05-07"]
    await diary.work("summarise", stretch=1)
    assert [version for *_, version in diary.told()] == [1] * 5
    assert [r["counts"]["stored"] for r in await diary.runs("summarise")] == [1] * 5


async def test_undo_restores_exactly(diary: Diary) -> None:
    await diary.talk(MAY, BREAD[0])
    await diary.job("summarise")
    before = [row[:3] for row in diary.told()]
    cited = (await diary.summary("day"))["provenance"]["evidence"]
    await diary.talk(MAY + timedelta(hours=1), BREAD[1])
    await diary.job("summarise")
    assert [row[:3] for row in diary.told()] != before
    for run in (await diary.runs("summarise"))[:3]:
        await diary.undo(run["id"])
    assert [row[:3] for row in diary.told()] == before
    assert (await diary.summary("day"))["provenance"]["evidence"] == cited

    for run in await diary.runs("summarise"):
        await diary.undo(run["id"])
    assert diary.told() == []


async def test_undoing_what_it_was_made_from_is_not_held_up(diary: Diary) -> None:
    await diary.talk(MAY, *BREAD)
    await diary.job("summarise")
    [segment] = await diary.runs("segment")
    await diary.undo(segment["id"])
    await diary.job("summarise")
    assert [version for *_, version in diary.told()] == [2, 1, 1]


async def test_what_is_erased_is_in_no_summary_any_more(diary: Diary) -> None:
    [kept, erased] = await diary.talk(MAY, *BREAD)
    await diary.talk(MAY + timedelta(days=1), *BOAT)
    await diary.job("summarise")
    path = f"{diary.path}/memories/{erased}"
    assert (await diary.tenant.admin.delete(path, params={"mode": "erase"})).status_code == 200
    # At once, in every version, and in those of the times around it, too.
    assert diary.rows("SELECT 1 FROM memories WHERE content LIKE '%rye flour%'") == []
    assert [period for _, period, *_ in diary.told()] == ["2024-05-07"]
    pending = (await diary.tenant.admin.get("/v1/jobs", params={"state": "pending"})).json()
    assert {"segment", "summarise"} <= {job["name"] for job in pending["items"]}

    await diary.job("segment")
    await diary.job("summarise")
    assert [period for _, period, *_ in diary.told()] == [
        "2024-05-06", "2024-05-07", "2024-05", "all",
    ]  # fmt: skip
    assert BREAD[0] in diary.told()[0][2]
    evidence = (await diary.summary("day"))["provenance"]["evidence"]
    assert {item["episode_id"] for item in evidence} == {str(kept)}


async def test_what_nobody_may_see_any_more_is_not_told(diary: Diary) -> None:
    ids = await diary.talk(MAY, *BREAD)
    await diary.job("summarise")
    for memory_id in ids:
        path = f"{diary.path}/memories/{memory_id}"
        await diary.tenant.admin.delete(path, params={"mode": "archive"})
    await diary.job("summarise")
    assert diary.told() == []
    before = diary.rows("SELECT max(version) FROM memories WHERE kind = 'summary'")
    await diary.job("summarise")
    assert diary.rows("SELECT max(version) FROM memories WHERE kind = 'summary'") == before


async def test_pins_holds_and_what_somebody_wrote_are_respected(diary: Diary) -> None:
    for day in range(3):
        await diary.talk(MAY + timedelta(days=day), BREAD[0])
    await diary.job("summarise")
    pinned, held, edited = [row[4] for row in diary.rows(SUMMARIES)][:3]
    admin, path = diary.tenant.admin, f"{diary.path}/memories"
    assert (await admin.post(f"{path}/{pinned}/pin")).status_code == 200
    for memory_id, change in ((held, {"legal_hold": True}), (edited, {"content": "Bread day"})):
        answer = await admin.patch(f"{path}/{memory_id}", json=change, headers={"If-Match": '"1"'})
        assert answer.status_code == 200, answer.text
    before = diary.told()[:3]
    for day in range(3):
        await diary.talk(MAY + timedelta(days=day, hours=1), BREAD[1])
    await diary.job("summarise")
    assert diary.told()[:3] == before


async def test_a_summary_is_as_sensitive_as_what_it_tells(diary: Diary) -> None:
    [bread, _] = await diary.talk(MAY, *BREAD)
    changed = await diary.tenant.admin.patch(
        f"{diary.path}/memories/{bread}", json={"sensitivity": ["health"], "trust": 0.25},
        headers={"If-Match": '"1"'},
    )  # fmt: skip
    assert changed.status_code == 200, changed.text
    await diary.job("summarise")
    rules = (await diary.summary("day"))["governance"]
    assert (rules["sensitivity"], rules["trust"]) == (["health"], 0.25)


async def test_recall_leaves_summaries_out_unless_asked(diary: Diary) -> None:
    await diary.talk(MAY, *BREAD)
    await diary.job("summarise")
    await diary.job("embed")
    answer = await recall(diary.tenant.admin, diary.name, "bread in the oven")
    assert "summary" not in {hit["memory"]["kind"] for hit in answer["hits"]}
    asked = await recall(diary.tenant.admin, diary.name, "bread in the oven", kinds=["summary"])
    assert {hit["memory"]["kind"] for hit in asked["hits"]} == {"summary"}


async def test_a_model_writes_what_it_shows_sources_for(diary: Diary) -> None:
    await diary.talk(MAY, *BREAD)

    async def write(messages: Sequence[Message]) -> str:
        assert diary.database.pool_in_use == 0
        lines = [json.loads(line) for line in messages[-1].content.split("\n")]
        alias = next(line["alias"] for line in lines[1:] if "mill" in line["text"])
        return json.dumps({"sentences": [
            {"text": "Nora went to the mill in Leeds for rye flour.", "sources": [alias]},
            {"text": "Nora paid 12 pounds for it.", "sources": [alias]},
            {"text": "Graham was at the mill.", "sources": [alias]},
            {"text": "She baked.", "sources": ["s99"]},
        ]})  # fmt: skip

    await diary.work("summarise", chat=ScriptedChatModel(write))
    assert [row[2].split("\n")[1:] for row in diary.told()] == [
        ["Nora went to the mill in Leeds for rye flour."]
    ] * 3
    day = await diary.summary("day")
    assert day["provenance"]["method"]["prompt"] == "summary-1"
    assert [e["quote"] for e in day["provenance"]["evidence"]] == [BREAD[1]]
    notes = [note for run in await diary.runs("summarise") for note in run["notes"]]
    assert notes[-1] == "6 May 2024: left out 3 of the model's sentences"


@pytest.mark.parametrize("answer", ["no", '{"sentences": []}', '{"sentences": [{"text": "x"}]}'])
async def test_without_a_usable_answer_the_turns_speak_for_themselves(
    diary: Diary, answer: str
) -> None:
    await diary.talk(MAY, *BREAD)
    await diary.work("summarise", chat=ScriptedChatModel([answer] * 3))
    assert {f"Nora: {text}" for text in BREAD} == set(diary.told()[0][2].split("\n")[1:])
    [*_, first] = await diary.runs("summarise")
    assert "model's" in first["notes"][0]


async def test_what_is_erased_while_a_model_thinks_is_not_written(diary: Diary) -> None:
    [_, erased] = await diary.talk(MAY, *BREAD)
    gone = False

    async def think(messages: Sequence[Message]) -> str:
        nonlocal gone
        if not gone:
            gone = True
            path = f"{diary.path}/memories/{erased}"
            await diary.tenant.admin.delete(path, params={"mode": "erase"})
        return "no"

    await diary.work("summarise", chat=ScriptedChatModel(think))
    assert diary.rows("SELECT 1 FROM memories WHERE content LIKE '%rye flour%'") == []
    assert len(diary.told()) == 3
