"""Events: a session is divided as it grows, each turn is in one event, none outlives a turn."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from consolidation.jobs import segment as segment_job
from consolidation.segment.boundaries import segment
from consolidation.segment.turns import Turn
from llm_backend.local import local_backend
from llm_backend.settings import EmbeddingSettings
from memory_service.settings import Limits
from memory_service.telemetry import Metrics
from memory_service.worker import run_job
from stores import backlog, erasure, events, jobs, memories, runs, spaces
from stores.backlog import Stage
from stores.ids import MemoryId, model_id_of, now
from stores.kinds.base import dated_utterance
from stores.records import MemCube, Method, NewMemory, State
from tests.fixtures.service import Service, Start, Tenant, recall, remember

MORNING = datetime(2024, 5, 8, 9, tzinfo=UTC)
BY_JOB = Limits(embed_before_answer=0)
BREAD = [
    "The sourdough bread rose well in the oven",
    "Which flour goes into the sourdough bread?",
    "Rye flour makes the bread in the oven darker",
    "Rye bread needs a hot oven and wet flour",
]
#: One subject each, in words of which hardly two turns share any.
KITCHEN = [
    "I fed the sourdough starter this morning and it doubled by noon",
    "The loaf came out with a thick crust and an open crumb",
    "Next time I would use less yeast and let the dough rest overnight",
    "Rye flour makes bread heavier, so bake it longer",
    "My oven runs hot, the baguettes were done after twenty minutes",
    "Kneading by hand gives the gluten more strength than a mixer does",
]
BOATYARD = [
    "We sailed out of the harbour with a north wind behind us",
    "The mainsail tore just as we rounded the lighthouse",
    "I patched the hull with epoxy before the regatta",
    "Our skipper dropped the anchor in a quiet bay",
    "The tide turned and the yacht drifted onto the sandbank",
    "A new rudder and a coat of antifouling cost us a fortune at the boatyard",
]
BOAT = [
    "The sailing boat leaks near the mast",
    "Is the mast of the sailing boat made of spruce?",
    "Spruce, and the leaks of the boat are below the mast",
    "A sailing boat that leaks needs tar at the mast",
]


class Diary:
    """A service without a worker, and one session that is told to it."""

    def __init__(self, service: Service, tenant: Tenant, space: str) -> None:
        self.service = service
        self.tenant = tenant
        self.client = tenant.admin
        self.space = space
        self.database = service.parts.services.database
        self.turns: list[str] = []

    async def tell(self, *texts: str, at: datetime = MORNING, **more: Any) -> list[MemoryId]:
        """Remember turns, a minute apart, by two speakers in turn; they are owed a place."""
        sent = [
            {"content": text, "session_id": "talk", "speaker": ("Hana", "Oskar")[number % 2],
             "occurred_at": (at + timedelta(minutes=number)).isoformat(), **more}
            for number, text in enumerate(texts)
        ]  # fmt: skip
        ids = [MemoryId(UUID(e["id"])) for e in await remember(self.client, self.space, *sent)]
        async with self.database.write(self.tenant.id) as session:
            home = (await spaces.get_space(session, self.space)).id
            await backlog.owe(session, home, Stage.SEGMENT, [(i, 1) for i in ids])
        return ids

    async def run(self, name: str = "segment") -> UUID:
        """Enqueue a job and run it, as a worker does."""
        async with self.database.write(self.tenant.id) as session:
            home = await spaces.get_space(session, self.space)
            job_id = await jobs.enqueue(session, home.id, name, now=now())
        await run_job(self.service.parts.jobs, Metrics(), self.tenant.id, job_id)
        return job_id

    async def write_down(self, growth: events.Growth) -> None:
        """Write what follows from a session as it was read some time ago."""
        services = self.service.parts.jobs
        async with self.database.write(self.tenant.id) as session:
            space = await spaces.get_space(session, self.space)
            job_id = await jobs.enqueue(session, space.id, "segment", now=now())
            work = segment_job.Work(tenant=self.tenant.id, space=space, job_id=job_id)
            plan = segment_job._plan(growth)
            await segment_job._write(session, services, work, [plan], now())

    async def events(self) -> list[MemCube]:
        """The events of the session, in order."""
        found = await self._ids("SELECT memory_id FROM memories WHERE kind = 'event' "
                                "AND origin = 'derived' AND state = 'active' "
                                "AND expired_at IS NULL ORDER BY occurred_at")  # fmt: skip
        async with self.database.read(self.tenant.id) as session:
            return await memories.find_many(session, found)

    async def turns_of(self, event: MemoryId) -> list[MemoryId]:
        """What an event rests on, in order."""
        return await self._ids(
            "SELECT e.episode_id FROM evidence e JOIN memories t ON t.memory_id = e.episode_id "
            "AND t.expired_at IS NULL WHERE e.memory_id = %s ORDER BY t.occurred_at, t.memory_id",
            event,
        )

    async def owed(self) -> list[MemoryId]:
        """The turns that are still to be placed."""
        return await self._ids("SELECT memory_id FROM backlog WHERE stage = 'segment'")

    async def _ids(self, statement: str, *values: Any) -> list[MemoryId]:
        async with await psycopg.AsyncConnection.connect(self.database.url) as connection:
            await connection.execute(f"SET LOCAL app.tenant = '{self.tenant.id}'")
            rows = await connection.execute(statement, values)  # type: ignore[call-overload]
            return [MemoryId(row[0]) for row in await rows.fetchall()]

    async def placed(self) -> list[list[MemoryId]]:
        """The turns of every event."""
        return [await self.turns_of(event.id) for event in await self.events()]


@pytest.fixture
async def diary(start: Start, space: str) -> Diary:
    """A diary on a database of its own."""
    service = await start()
    return Diary(service, await service.tenant(), space)


async def test_a_session_becomes_events(diary: Diary) -> None:
    before = await diary.tell(*BREAD)
    after = await diary.tell(*BOAT, at=MORNING + timedelta(hours=2))
    job_id = await diary.run()
    first, second = await diary.events()
    assert await diary.placed() == [before, after]
    assert (first.session_id, first.time.occurred_at) == ("talk", MORNING)
    assert first.data == {
        "session_id": "talk",
        "ended_at": (MORNING + timedelta(minutes=3)).isoformat(),
        "turns": 4,
        "speakers": ["Hana", "Oskar"],
    }
    assert first.provenance.method == Method(name="segment", version="1")
    title, *told = first.content.splitlines()
    assert "flour" in title.casefold()
    assert len(told) == 2
    assert all(line.split(": ", 1)[1] in BREAD for line in told)
    assert "mast" in second.content.splitlines()[0].casefold()
    assert not await diary.owed()
    async with diary.database.read(diary.tenant.id) as session:
        assert first.provenance.run_id is not None
        run = await runs.get_run(session, first.provenance.run_id)
    assert (run.job_id, run.counts["turns"], run.counts["stored"]) == (job_id, 8, 2)
    assert second.provenance.run_id == run.id


async def test_an_event_goes_on_when_its_session_does(diary: Diary) -> None:
    early = await diary.tell(*BREAD)
    late = await diary.tell(*BOAT[:2], at=MORNING + timedelta(hours=2))
    await diary.run()
    done, open_ = await diary.events()
    more = await diary.tell(*BOAT[2:], at=MORNING + timedelta(hours=2, minutes=2))
    await diary.run()
    same, grown = await diary.events()
    assert await diary.placed() == [early, [*late, *more]]
    assert same == done
    assert (grown.id, grown.version, grown.data["turns"]) == (open_.id, 2, 4)
    assert grown.text_version == 2
    async with diary.database.read(diary.tenant.id) as session:
        versions = await memories.history(session, grown.space_id, grown.id)
    assert [cube.data["turns"] for cube in versions] == [4, 2]


async def test_run_again_it_changes_nothing(diary: Diary) -> None:
    ids = await diary.tell(*BREAD, *BOAT)
    await diary.run()
    made = await diary.events()
    async with diary.database.write(diary.tenant.id) as session:
        await backlog.owe(session, made[0].space_id, Stage.SEGMENT, [(i, 1) for i in ids])
    await asyncio.gather(*(diary.run() for _ in range(3)))
    assert await diary.events() == made
    assert not await diary.owed()


async def test_what_is_told_late_finds_its_place(diary: Diary) -> None:
    late = await diary.tell(*BOAT, at=MORNING + timedelta(hours=2))
    await diary.run()
    early = await diary.tell(*BREAD)
    await diary.run()
    assert await diary.placed() == [early, late]


async def test_events_that_come_to_be_one_are_merged(diary: Diary) -> None:
    early = await diary.tell("The mast leaks", "It does")
    late = await diary.tell("The mast leaks", "It does", at=MORNING + timedelta(minutes=40))
    await diary.run()
    first, second = await diary.events()
    between = await diary.tell("The mast leaks", "It does", at=MORNING + timedelta(minutes=20))
    await diary.run()
    [one] = await diary.events()
    assert (one.id, await diary.turns_of(one.id)) == (first.id, [*early, *between, *late])
    async with diary.database.read(diary.tenant.id) as session:
        [gone] = await memories.find_many(session, [second.id])
    assert gone.lifecycle.state is State.MERGED


async def test_an_archived_event_is_left_alone(diary: Diary) -> None:
    await diary.tell(*BREAD[:2])
    await diary.run()
    [event] = await diary.events()
    path = f"/v1/spaces/{diary.space}/memories/{event.id}?mode=archive"
    archived = await diary.client.delete(path)
    assert archived.status_code < 300, archived.text
    more = await diary.tell(*BREAD[2:], at=MORNING + timedelta(minutes=2))
    await diary.run()
    assert await diary.placed() == [more]


async def test_turns_wait_for_their_embeddings(start: Start, space: str) -> None:
    service = await start(limits=BY_JOB)
    diary = Diary(service, await service.tenant(), space)
    ids = await diary.tell(*BREAD)
    await diary.run()
    assert await diary.owed() == sorted(ids)
    await diary.run("embed")
    await diary.run()
    assert await diary.placed() == [ids]
    assert not await diary.owed()


async def test_turns_between_pauses_wait_for_nothing(start: Start, space: str) -> None:
    service = await start(limits=BY_JOB)
    diary = Diary(service, await service.tenant(), space)
    ids = await diary.tell(*BREAD[:3])
    await diary.run()
    assert await diary.placed() == [ids]


async def test_an_erased_turn_takes_its_event_along(diary: Diary) -> None:
    ids = await diary.tell(*BREAD)
    await diary.run()
    [event] = await diary.events()
    async with diary.database.write(diary.tenant.id) as session:
        home = await spaces.get_space(session, diary.space)
        over = await events.events_over(session, [ids[2]])
        await events.owe_turns(session, home.id, over, doomed=[ids[2]])
        await erasure.erase(session, home, [ids[2], *over], now())
    assert over == [event.id]
    assert not await diary.events()
    await diary.run()
    [again] = await diary.events()
    rest = [*ids[:2], ids[3]]
    assert (await diary.placed(), again.id != event.id) == ([rest], True)
    assert "darker" not in again.content


async def test_a_turn_erased_meanwhile_is_in_no_event(diary: Diary) -> None:
    ids = await diary.tell(*BREAD[:2])
    await diary.run()
    await diary.tell(*BREAD[2:], at=MORNING + timedelta(minutes=2))
    home = (await diary.events())[0].space_id
    async with diary.database.read(diary.tenant.id) as session:
        model = model_id_of(diary.service.parts.jobs.embedder.model.name)
        growth = await events.read_growth(session, home, "talk", model)
    await diary.client.delete(f"/v1/spaces/{diary.space}/memories/{ids[0]}?mode=erase")
    with pytest.raises(segment_job._Moved):
        await diary.write_down(growth)
    await diary.run()
    assert all(ids[0] not in turns for turns in await diary.placed())


async def test_an_event_is_as_sensitive_as_its_turns(diary: Diary) -> None:
    ids = await diary.tell(*BREAD)
    path = f"/v1/spaces/{diary.space}/memories/{ids[1]}"
    changed = await diary.client.patch(
        path, json={"sensitivity": ["health"], "trust": 0.25}, headers={"If-Match": '"1"'}
    )
    assert changed.status_code == 200, changed.text
    await diary.run()
    [event] = await diary.events()
    assert (event.governance.sensitivity, event.governance.trust) == (("health",), 0.25)


async def test_recall_finds_events_when_asked_for_them(diary: Diary) -> None:
    await diary.tell(*BREAD)
    await diary.tell(*BOAT, at=MORNING + timedelta(hours=2))
    await diary.run()
    await diary.run("embed")
    answer = await recall(diary.client, diary.space, "the mast of the boat", kinds=["event"], k=1)
    [hit] = answer["hits"]
    assert (hit["memory"]["kind"], hit["memory"]["data"]["turns"]) == ("event", 4)
    assert "mast" in hit["memory"]["content"]


def test_the_packaged_model_tells_subjects_apart() -> None:
    backend = local_backend(EmbeddingSettings())
    backend.load()
    texts = [*KITCHEN, *BOATYARD, *KITCHEN[::-1]]
    vectors = backend.encode([dated_utterance(t, {"speaker": "Hana"}, MORNING) for t in texts])
    turns = [
        Turn(id=number, text=text, speaker="Hana", occurred_at=MORNING, embedding=vector)
        for number, (text, vector) in enumerate(zip(texts, vectors, strict=True))
    ]
    assert segment(turns) == (range(6), range(6, 12), range(12, 18))


async def test_only_messages_of_sessions_are_owed_a_place(diary: Diary) -> None:
    [known] = await diary.tell("A turn")
    made = [
        NewMemory(id=MemoryId(UUID(int=number)), kind=kind, content="x", session_id=session_id,
                  provenance_origin="received", actor="test", created_at=now(),
                  method=Method(name="remember", version="1"))
        for number, (kind, session_id) in enumerate(
            [("message", "talk"), ("message", None), ("document", "talk")], start=1)
    ]  # fmt: skip
    async with diary.database.write(diary.tenant.id) as session:
        home = await spaces.get_space(session, diary.space)
        assert await events.owe(session, home.id, made) == 1
    assert await diary.owed() == [UUID(int=1), known]


async def test_held_turns_are_owed_a_place_with_their_release(diary: Diary) -> None:
    held = await remember(
        diary.client, diary.space, {"content": "Held", "session_id": "talk"}, "Held, alone",
        consolidate=False,
    )  # fmt: skip
    async with diary.database.write(diary.tenant.id) as session:
        home = await spaces.get_space(session, diary.space)
        assert await events.owe_held(session, home.id) == 1
    assert await diary.owed() == [UUID(held[0]["id"])]
