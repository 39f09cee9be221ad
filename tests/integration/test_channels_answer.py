"""What each channel makes of small spaces: the n-th session, an open side, a rare name, a tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from httpx import AsyncClient

from memory_service.verbs.keys import create_tenant
from retrieval import channels
from retrieval.channel import UNREAD, Query
from retrieval.understanding.records import Order, Question, Relation, TimeConstraint, Unit
from stores import revision, spaces, writing
from stores.database import Database
from stores.ids import MemoryId, TenantId, new_id, now
from stores.names import normalised
from stores.records import MemCube, Method, NewMemory, Space
from stores.scope import Filter, Scope
from stores.search import Search, model_id, query_terms
from tests.fixtures.database import MODEL, Urls
from tests.fixtures.service import Tenant, remember, settle, write

#: A Monday.
_START = datetime(2024, 5, 6, 9, tzinfo=UTC)


class Notebook:
    """A space one writes to and asks channels about, by what is said in it."""

    def __init__(self, database: Database, tenant: TenantId, space: Space) -> None:
        self.database, self.tenant, self.space = database, tenant, space
        self.said: dict[MemoryId, str] = {}

    async def add(self, content: str, day: float | None = 0, **more: Any) -> MemoryId:
        """A message on a day after the start, or another kind."""
        at = None if day is None else _START + timedelta(days=day)
        given: dict[str, Any] = {
            "id": MemoryId(new_id()), "kind": "message", "content": content,
            "provenance_origin": "received", "actor": "test", "created_at": _START,
            "method": Method(name="remember", version="1"),
            "occurred_at": None if "kind" in more else at, **more,
        }  # fmt: skip
        async with self.database.write(self.tenant) as session:
            await writing.store(session, self.space, [NewMemory(**given)])
        self.said[given["id"]] = content
        return MemoryId(given["id"])

    async def ask(self, channel: str, text: str = "", /, **understood: Any) -> list[str]:
        """What a channel finds, best first."""
        query = Query(
            text=text, terms=tuple(query_terms(text)), embedding=None,
            model=model_id(MODEL.name), size=len(self.said),
            understood=replace(UNREAD, **understood), reference=_START + timedelta(days=365),
        )  # fmt: skip
        [asked] = [c for c in channels.load() if c.name == channel]
        if not asked.applies(query):
            return []
        scope = Scope(tenant=self.tenant, spaces=(self.space,))
        found = await asked.search(Search(self.database, scope, Filter()), query)
        return [self.said[f.memory_id] for f in found]


@pytest.fixture
async def notebook(database: Database) -> Notebook:
    """An empty space of a tenant nobody else uses."""
    tenant = await create_tenant(database, f"tenant-{uuid4()}", now)
    async with database.write(tenant) as session:
        space, _ = await spaces.ensure_space(session, "notes", now())
    return Notebook(database, tenant, space)


async def _sessions(notebook: Notebook) -> None:
    """Monday, Tuesday (goes on after Wednesday's began), Wednesday, next Tuesday; none."""
    for content, day, session in (
        ("Monday a", 0.0, "s1"), ("Monday b", 0.1, "s1"), ("Tuesday a", 1.0, "s2"),
        ("Wednesday a", 2.0, "s3"), ("Tuesday b", 2.5, "s2"), ("Wednesday b", 2.6, "s3"),
        ("Tuesday next", 8.0, "s4"), ("alone", 20.0, None),
    ):  # fmt: skip
        await notebook.add(content, day, session_id=session)


@pytest.mark.parametrize(
    ("position", "weekday", "expected"),
    [
        (1, None, ["Monday a", "Monday b"]),
        (2, None, ["Tuesday a", "Tuesday b"]),
        (3, None, ["Wednesday a", "Wednesday b"]),
        (-1, None, ["Tuesday next"]),
        (-2, None, ["Wednesday a", "Wednesday b"]),
        (1, 1, ["Tuesday a", "Tuesday b"]),
        (2, 1, ["Tuesday next"]),
        (-1, 1, ["Tuesday next"]),
        (3, 1, []),
        (9, None, []),
        (1, 6, []),
    ],
)
async def test_sessions_are_counted_by_when_they_began(
    notebook: Notebook, position: int, weekday: int | None, expected: list[str]
) -> None:
    await _sessions(notebook)
    order = Order(unit=Unit.SESSION, position=position, weekday=weekday, topic=False)
    assert await notebook.ask("temporal", "What did we discuss?", order=order) == expected


async def test_messages_are_counted_by_when_they_were_said(notebook: Notebook) -> None:
    await _sessions(notebook)
    third = Order(unit=Unit.MESSAGE, position=3, weekday=None, topic=False)
    assert (await notebook.ask("temporal", order=third))[0] == "Tuesday a"
    last = replace(third, position=-1)
    assert (await notebook.ask("temporal", order=last))[0] == "alone"
    tuesday = replace(third, position=1, weekday=1)
    assert (await notebook.ask("temporal", order=tuesday))[0] == "Tuesday a"


async def test_the_first_and_last_time_something_was_told(notebook: Notebook) -> None:
    await notebook.add("The weather is fine", 0)
    await notebook.add("I saw a heron at the lake", 1)
    await notebook.add("Another heron, at the lake again", 5)
    await notebook.add("The lake is frozen", 9)
    first = Order(unit=Unit.EVENT, position=1, weekday=None, topic=True)
    question = "When did I first mention a heron at the lake?"
    assert (await notebook.ask("temporal", question, order=first))[0].startswith("I saw")
    last = replace(first, position=-1)
    assert (await notebook.ask("temporal", question, order=last))[0].startswith("Another")


def _time(relation: Relation, since: float | None, until: float | None) -> TimeConstraint:
    def at(day: float | None) -> datetime | None:
        return None if day is None else _START + timedelta(days=day)

    return TimeConstraint(text="then", since=at(since), until=at(until), relation=relation)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (_time(Relation.DURING, 40, 41), ["day 40", "day 42", "day 36"]),
        (_time(Relation.BEFORE, None, 40), ["day 36", "day 0"]),
        (_time(Relation.AFTER, 41, None), ["day 42", "day 200"]),
        (_time(Relation.DURING, 30, 60), ["day 42", "day 40", "day 36", "day 0"]),
        (_time(Relation.AROUND, 36, 37), ["day 36", "day 40", "day 42"]),
        (_time(Relation.DURING, 41, None), ["day 200", "day 42", "day 40", "day 36"]),
    ],
)
async def test_the_nearer_to_a_time_the_better(
    notebook: Notebook, time: TimeConstraint, expected: list[str]
) -> None:
    for day in (0, 36, 40, 42, 200):
        await notebook.add(f"day {day}", day)
    assert await notebook.ask("temporal", times=(time,)) == expected


async def test_inside_a_period_what_shares_words_leads(notebook: Notebook) -> None:
    for day in range(40):
        await notebook.add(f"We talked about nothing much, number {day}", day)
    await notebook.add("The kayak was painted green", 20)
    await notebook.add("The kayak was painted blue", 80)
    time = _time(Relation.DURING, 0, 40)
    found = await notebook.ask(
        "temporal", "Which colour was the kayak painted then?", times=(time,)
    )
    assert found[0] == "The kayak was painted green"


async def test_a_fact_counts_by_the_time_it_is_about(notebook: Notebook) -> None:
    def at(day: float) -> datetime:
        return _START + timedelta(days=day)

    await notebook.add("said then", 10)
    await notebook.add("began then", kind="fact", valid_at=at(10))
    ended = at(400)
    await notebook.add("holds since long ago: heron", kind="fact", valid_at=at(-900))
    await notebook.add("over before: heron", kind="fact", valid_at=at(-900), invalid_at=ended)
    await notebook.add("began long after: heron", kind="fact", valid_at=at(300))
    await notebook.add("known since then", kind="note", created_at=at(10))
    time = _time(Relation.DURING, 10, 11)
    found = await notebook.ask("temporal", "heron", times=(time,))
    assert found.index("began then") < found.index("said then")
    assert found.index("said then") < found.index("known since then")
    assert "holds since long ago: heron" in found
    assert "began long after: heron" not in found


async def test_without_a_time_nothing_is_found_for_being_recent(notebook: Notebook) -> None:
    await notebook.add("Just now")
    assert await notebook.ask("temporal", "What is the latest version of the plan?") == []
    assert await notebook.ask("salience", "What is the plan?") == []


async def test_a_rare_name_leads_a_frequent_one_and_both_lead_either(notebook: Notebook) -> None:
    for number in range(60):
        await notebook.add(f"Vera counted {number} birds")
    await notebook.add("Vera met Quentin Marsh")
    await notebook.add("Quentin went home, through the marsh and on to Marsh Street")
    await notebook.add("Quentin said hello")
    found = await notebook.ask("entity", "What of Vera?", names=("Vera's", "Quentin Marsh"))
    assert found[0] == "Vera met Quentin Marsh"
    assert found[1].startswith("Quentin went home")
    assert "Quentin said hello" not in found


async def test_who_said_it_or_is_its_subject_counts_as_named(notebook: Notebook) -> None:
    await notebook.add("likes to swim", kind="fact", data={"subject": "Ines Duarte"})
    await notebook.add("It rained", data={"speaker": "Ines Duarte"})
    await notebook.add("likes to run", kind="fact", data={"subject": "Ines Moreau"})
    assert set(await notebook.ask("entity", names=("Ines Duarte",))) == {
        "likes to swim", "It rained"}  # fmt: skip


async def test_a_name_the_store_knows_leads_to_what_mentions_it(
    notebook: Notebook, urls: Urls
) -> None:
    told = await notebook.add("She was launched in spring")
    await notebook.add("Nothing to do with it")
    entity = uuid4()
    with psycopg.connect(urls.superuser) as connection:
        connection.execute(
            "INSERT INTO entity_aliases VALUES (%s, %s, %s, %s)",
            [notebook.tenant, notebook.space.id, normalised("The “Meridian”"), entity],
        )
        connection.execute(
            "INSERT INTO mentions VALUES (%s, %s, %s, 'named', %s, 'name', 1)",
            [notebook.tenant, told, entity, notebook.space.id],
        )
    assert await notebook.ask("entity", names=("the Meridian",)) == ["She was launched in spring"]


async def test_a_tag_is_found_in_any_spelling_and_the_rarer_leads(notebook: Notebook) -> None:
    for number in range(9):
        await notebook.add(f"work {number}", tags=("work",))
    await notebook.add("over the hills", tags=("Road_Trips",), data={"metadata": {"mood": "Happy"}})
    await notebook.add("plain", data={"metadata": {"nested": {"mood": "happy"}, "count": 3}})
    found = await notebook.ask("tags", "Was I happy on the road trip, or at work?")
    assert found[0] == "over the hills"
    assert len(found) == 10
    assert await notebook.ask("tags", "to-do") == []


async def test_a_label_taken_away_is_not_trusted(notebook: Notebook) -> None:
    memory = await notebook.add("over the hills", tags=("trip", "hills"))

    def untagged(cube: MemCube) -> MemCube:
        return replace(cube, tags=("hills",))

    async with notebook.database.write(notebook.tenant) as session:
        await revision.revise(session, notebook.space, memory, untagged, now=now())
    assert await notebook.ask("tags", "the trip") == []
    assert await notebook.ask("tags", "the hills") == ["over the hills"]


async def test_what_is_recent_or_important_is_salient(notebook: Notebook) -> None:
    await notebook.add("long ago", 0)
    await notebook.add("long ago and important", 0, importance=0.9)
    await notebook.add("lately", 364)
    await notebook.add("in the future", 900)
    found = await notebook.ask("salience", "What is new?", question=Question.RECENCY)
    assert found == ["lately", "long ago and important", "long ago"]


def _labels(urls: Urls, tenant: TenantId) -> Sequence[tuple[str, str]]:
    with psycopg.connect(urls.superuser) as connection:
        query = "SELECT label, value FROM labels WHERE tenant_id = %s ORDER BY label, value"
        return connection.execute(query, [tenant]).fetchall()


async def test_labels_come_with_a_memory_and_go_with_it(
    tenant: Tenant, client: AsyncClient, space: str, urls: Urls
) -> None:
    episode = {"content": "Off we go", "tags": ["Road trip"], "speaker": "Ines",
               "metadata": {"app": "chat", "long": "x" * 61, "deep": {"a": "b"}}}  # fmt: skip
    await remember(client, space, episode, consolidate=False)
    fact = await write(client, space, "The road is long", tags=["road"])
    path = f"/v1/spaces/{space}/memories"
    (await client.patch(f"{path}/{fact['id']}", json={"tags": ["way"]})).raise_for_status()
    await settle(client, space)
    both = [("chat", "chat"), ("road", "road"), ("road-trip", "Road trip"), ("way", "way")]
    assert _labels(urls, tenant.id) == both

    exported = await client.post(f"/v1/spaces/{space}/export")
    gone = await client.delete(f"{path}/{fact['id']}", params={"mode": "erase"})
    assert gone.is_success
    assert _labels(urls, tenant.id) == [("chat", "chat"), ("road-trip", "Road trip")]
    assert (await client.delete(f"/v1/spaces/{space}")).is_success
    assert _labels(urls, tenant.id) == []

    restored = await client.post(f"/v1/spaces/{space}/import", content=exported.content)
    assert restored.is_success
    assert _labels(urls, tenant.id) == both
