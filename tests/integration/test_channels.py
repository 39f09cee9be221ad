"""Every channel: it finds what it is for, shows nothing it must not, and reads by its index.

A channel added tomorrow needs an example here; until it has one, a test fails.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from benchmarks import texts
from llm_backend.hashing import HashBackend
from memory_service.verbs.keys import create_tenant
from retrieval import channels
from retrieval.channel import UNREAD, Query
from retrieval.understanding.records import (
    Order,
    Question,
    Relation,
    Sought,
    TimeConstraint,
    Understanding,
    Unit,
)
from stores import revision, spaces, writing
from stores.database import Database
from stores.ids import MemoryId, TenantId, new_id, now
from stores.lexical import terms
from stores.names import normalised
from stores.records import MemCube, Method, NewMemory, Space, State
from stores.scope import HISTORICAL_STATES, AsOf, Filter, Scope
from stores.search import Found, Named, Search, model_id, query_terms
from stores.settings import StoreSettings
from tests.fixtures.database import MODEL, Server, Urls
from tests.fixtures.explaining import Explaining, steps

#: Memories that are only in the way, per space.
FILLER = 3_000
_DAY = datetime(2024, 5, 8, 10, tzinfo=UTC)
_ASKED = _DAY + timedelta(days=1)
_QUESTION = "Where did Quentin go mooring the Meridian?"
_CONTENT = "Quentin sailed the Meridian and was mooring her in Bergen"
_MAY = TimeConstraint(
    text="on 8 May 2024", since=datetime(2024, 5, 8, tzinfo=UTC),
    until=datetime(2024, 5, 9, tzinfo=UTC), relation=Relation.DURING,
)  # fmt: skip
_AFTER = TimeConstraint(text="after April", since=datetime(2024, 5, 1, tzinfo=UTC), until=None,
                        relation=Relation.AFTER)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Example:
    """A question for one channel, and the index that must answer it."""

    channel: str
    indexes: frozenset[str]
    understood: Mapping[str, Any] = field(default_factory=dict)
    size: int = 2 * FILLER
    #: Whether it finds what there is; HNSW may miss a memory that is unlike all others.
    sure: bool = True


def _order(unit: Unit, position: int, *, weekday: int | None = None, topic: bool = False) -> Order:
    return Order(unit=unit, position=position, weekday=weekday, topic=topic)


#: Each finds `Told.target` in the space of the fixture.
EXAMPLES = {
    "dense, exact": Example(channel="dense", indexes=frozenset({"vectors_space_idx"})),
    "dense, approximate": Example(
        channel="dense", indexes=frozenset({"hnsw"}), size=20_000, sure=False
    ),
    "belief": Example(
        channel="belief",
        indexes=frozenset({"entity_aliases_pk", "relations_subject_idx"}),
        understood={"sought": Sought(who=("the old lady",), predicates=("sails",), sure=True)},
    ),
    "lexical": Example(channel="lexical", indexes=frozenset({"postings_pk"})),
    "entity by words": Example(
        channel="entity", indexes=frozenset({"postings_pk"}), understood={"names": ("Meridian",)}
    ),
    "entity by alias": Example(
        channel="entity",
        indexes=frozenset({"entity_aliases_pk", "mentions_entity_idx"}),
        understood={"names": ("the Old Lady",)},
    ),
    # The target was said, and connections lead to what was not.
    "graph": Example(
        channel="graph",
        indexes=frozenset({"entity_aliases_pk"}),
        understood={"names": ("the Old Lady",)},
        sure=False,
    ),
    "salience": Example(
        channel="salience",
        indexes=frozenset({"memories_time_idx", "memories_importance_idx"}),
        understood={"question": Question.RECENCY},
    ),
    "tags": Example(channel="tags", indexes=frozenset({"labels_pk"})),
    "temporal, a period": Example(
        channel="temporal",
        indexes=frozenset({"memories_time_idx", "postings_pk"}),
        understood={"times": (_MAY,)},
    ),
    "temporal, an open side": Example(
        channel="temporal",
        indexes=frozenset({"memories_time_idx", "postings_pk"}),
        understood={"times": (_AFTER,)},
    ),
    "temporal, the last session": Example(
        channel="temporal",
        indexes=frozenset({"memories_time_idx", "memories_session_idx"}),
        understood={"order": _order(Unit.SESSION, -1)},
    ),
    "temporal, the first session on a Wednesday of a period": Example(
        channel="temporal",
        indexes=frozenset({"memories_time_idx", "memories_session_idx"}),
        understood={"order": _order(Unit.SESSION, 1, weekday=2), "times": (_AFTER,)},
    ),
    "temporal, the last message": Example(
        channel="temporal",
        indexes=frozenset({"memories_time_idx"}),
        understood={"order": _order(Unit.MESSAGE, -1)},
    ),
    "temporal, the first about it": Example(
        channel="temporal",
        indexes=frozenset({"postings_pk"}),
        understood={"order": _order(Unit.EVENT, 1, topic=True)},
    ),
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the fixture has stored."""

    urls: Urls
    database: Database
    tenant: TenantId
    space: Space
    elsewhere: Space
    theirs: tuple[TenantId, Space]
    target: MemoryId
    #: In the same space, and not to be shown unless asked for.
    hidden: Mapping[str, MemoryId]

    def search(self, limits: Filter | None = None, *, explaining: Explaining | None = None,
               spaces: tuple[Space, ...] | None = None) -> Search:  # fmt: skip
        """A search of the space."""
        scope = Scope(tenant=self.tenant, spaces=spaces or (self.space,))
        return Search(explaining or self.database, scope, limits or Filter())


def query_of(example: Example) -> Query:
    """The question, understood as the example says."""
    understood: Understanding = replace(UNREAD, completed=_QUESTION, **example.understood)
    return Query(
        text=_QUESTION,
        terms=tuple(query_terms(_QUESTION)),
        embedding=HashBackend().encode([_QUESTION])[0],
        model=model_id(MODEL.name),
        size=example.size,
        understood=understood,
        reference=_ASKED,
    )


async def ask(example: Example, search: Search) -> list[Found]:
    """What the example's channel finds."""
    [channel] = [c for c in channels.load() if c.name == example.channel]
    query = query_of(example)
    assert channel.applies(query)
    return await channel.search(search, query)


def _target(**changes: Any) -> NewMemory:
    given: dict[str, Any] = {
        "id": MemoryId(new_id()), "kind": "message", "content": _CONTENT, "session_id": "harbour",
        "provenance_origin": "received", "actor": "test", "created_at": _DAY,
        "method": Method(name="remember", version="1"), "occurred_at": _DAY, "importance": 0.9,
        "data": {"speaker": "Quentin", "metadata": {"port": "Bergen", "app": "log"}},
        "tags": ("mooring",), **changes,
    }  # fmt: skip
    return NewMemory(**given)


def _filler(number: int) -> NewMemory:
    said = texts.episode(number)
    return _target(
        id=MemoryId(new_id()), content=said["content"], session_id=said["session_id"],
        occurred_at=_DAY - timedelta(days=400) + timedelta(minutes=7 * number),
        importance=0.6 if number % 10 == 0 else 0.5, tags=(f"tag-{number % 50}",),
        data={"speaker": said["speaker"], "metadata": {"app": "chat"}},
    )  # fmt: skip


async def _store(database: Database, tenant: TenantId, space: Space, *new: NewMemory) -> None:
    vectors = HashBackend().encode([memory.content for memory in new])
    embedded = writing.Embedded(
        model=model_id(MODEL.name),
        by_memory={memory.id: vectors[n : n + 1] for n, memory in enumerate(new)},
    )
    async with database.write(tenant) as session:
        await writing.store(session, space, new, embedded)


async def _space(database: Database, tenant: TenantId, name: str) -> Space:
    """A space of filler."""
    async with database.write(tenant) as session:
        space, _ = await spaces.ensure_space(session, name, now())
    filler = [_filler(number) for number in range(FILLER)]
    for start in range(0, FILLER, 500):
        await _store(database, tenant, space, *filler[start : start + 500])
    return space


#: What a memory mentions: tenant, memory, entity, space.
MENTION = "INSERT INTO mentions VALUES (%s, %s, %s, 'named', %s, 'name', 1)"


def _resolve(
    connection: psycopg.Connection, tenant: TenantId, space: Space, memory_id: MemoryId
) -> None:
    """The target mentions a thing known as the Old Lady; every filler mentions one of many.

    Each claims something of what it mentions, the target what nothing else does.
    """
    entity = uuid4()
    connection.execute("INSERT INTO entity_aliases VALUES (%s, %s, %s, %s)",
                       [tenant, space.id, normalised("the Old Lady"), entity])  # fmt: skip
    connection.execute(MENTION, [tenant, memory_id, entity, space.id])
    connection.execute("""
        INSERT INTO mentions
        SELECT tenant_id, memory_id, md5(row_number() OVER () %% 200 || space_id::text)::uuid,
               'named', space_id, 'thing', 1
        FROM memories WHERE tenant_id = %s AND space_id = %s AND version = 1
    """, [tenant, space.id])  # fmt: skip
    connection.execute("""
        INSERT INTO entity_aliases
        SELECT DISTINCT %s::uuid, %s::uuid, 'thing ' || entity_id, entity_id
        FROM mentions WHERE tenant_id = %s
    """, [tenant, space.id, tenant])  # fmt: skip


@pytest.fixture(scope="module")
def own(server: Server, template: str) -> Iterator[Urls]:
    """A database of these tests alone."""
    made = server.create(template)
    yield made
    server.drop(made)


@pytest.fixture(scope="module")
async def told(own: Urls, data_dir: Any) -> AsyncIterator[Told]:
    """The target in a space of filler; the same words in another space, and at another tenant."""
    database = Database(own.service, StoreSettings(data_dir=data_dir, pool_size=3))
    tenant, stranger = [
        await create_tenant(database, f"tenant-{uuid4()}", now) for _ in range(2)
    ]  # fmt: skip
    space, elsewhere = [await _space(database, tenant, name) for name in ("here", "elsewhere")]
    theirs = await _space(database, stranger, "here")
    target = _target()
    hidden = {
        "changed": _target(),
        "expired": _target(expires_at=_DAY + timedelta(days=1)),
        "archived": _target(state=State.ARCHIVED),
        "staged": _target(state=State.STAGED),
        "quarantined": _target(state=State.QUARANTINED),
        "ended": _target(kind="fact", occurred_at=None, valid_at=_DAY, data={"subject": "Quentin"},
                         invalid_at=_DAY + timedelta(hours=1)),
    }  # fmt: skip
    await _store(database, tenant, space, target, *hidden.values())
    twin = _target()
    await _store(database, tenant, elsewhere, twin)
    await _store(database, stranger, theirs, _target())
    await _change(database, tenant, space, hidden["changed"].id)
    with psycopg.connect(own.superuser, autocommit=True) as connection:
        _resolve(connection, tenant, space, target.id)
        for memory in (twin, *hidden.values()):
            _mention_too(connection, target.id, memory.id)
        _claim_of_all(connection, [target.id, twin.id, *(m.id for m in hidden.values())])
        connection.execute("ANALYZE")
    yield Told(
        urls=own, database=database, tenant=tenant, space=space, elsewhere=elsewhere,
        theirs=(stranger, theirs), target=target.id,
        hidden={name: memory.id for name, memory in hidden.items()},
    )  # fmt: skip
    await database.close()


async def _change(database: Database, tenant: TenantId, space: Space, memory_id: MemoryId) -> None:
    def forget_the_ship(cube: MemCube) -> MemCube:
        return replace(cube, content="Nothing of note", tags=(), data={})

    async with database.write(tenant) as session:
        later = _DAY + timedelta(days=30)
        await revision.revise(session, space, memory_id, forget_the_ship, now=later)


def _claim_of_all(connection: psycopg.Connection, told: Sequence[MemoryId]) -> None:
    """What is told claims that she sails, and all else something of its own thing."""
    for predicate, those in (("sails", True), ("floats", False)):
        connection.execute("""
            INSERT INTO relations (tenant_id, memory_id, space_id, subject_id, predicate, object,
                                   negated, form, state, since)
            SELECT DISTINCT ON (tenant_id, memory_id) tenant_id, memory_id, space_id, entity_id,
                   %s, 'it', false, 'state', 'active', 1
            FROM mentions WHERE (memory_id = ANY(%s)) = %s
            ORDER BY tenant_id, memory_id, alias
        """, [predicate, list(told), those])  # fmt: skip


def _mention_too(connection: psycopg.Connection, like: MemoryId, memory_id: MemoryId) -> None:
    connection.execute("""
        INSERT INTO mentions
        SELECT tenant_id, %s, entity_id, role, space_id, alias, since FROM mentions
        WHERE memory_id = %s
        ON CONFLICT DO NOTHING
    """, [memory_id, like])  # fmt: skip


def _rows(told: Told, found: list[Found]) -> list[dict[str, Any]]:
    """The versions found, as a superuser sees them."""
    with psycopg.connect(told.urls.superuser) as connection:
        return [
            row[0]
            for row in connection.execute(
                "SELECT to_jsonb(m) FROM memories m WHERE (memory_id, version) IN"
                " (SELECT * FROM unnest(%s::uuid[], %s::int[]))",
                [[f.memory_id for f in found], [f.version for f in found]],
            )
        ]


def test_every_channel_has_an_example() -> None:
    assert {e.channel for e in EXAMPLES.values()} == {c.name for c in channels.load()}


@pytest.mark.parametrize("name", EXAMPLES)
async def test_a_channel_finds_what_it_is_for_best_first_and_once(told: Told, name: str) -> None:
    found = await ask(EXAMPLES[name], told.search())
    assert told.target in [f.memory_id for f in found] or not EXAMPLES[name].sure
    assert [f.score for f in found] == sorted((f.score for f in found), reverse=True)
    assert len({(f.memory_id, f.part) for f in found}) == len(found)
    assert all(f.score > 0 for f in found)
    again = await ask(EXAMPLES[name], told.search())
    assert [f.memory_id for f in again] == [f.memory_id for f in found]


@pytest.mark.parametrize("name", EXAMPLES)
async def test_a_channel_shows_no_other_space_tenant_version_or_state(
    told: Told, name: str
) -> None:
    found = await ask(EXAMPLES[name], told.search())
    rows = _rows(told, found)
    assert len(rows) == len({f.memory_id for f in found})
    for row in rows:
        assert (row["tenant_id"], row["space_id"]) == (str(told.tenant), str(told.space.id))
        assert (row["state"], row["expired_at"], row["expires_at"]) == ("active", None, None)
        assert row["invalid_at"] is None
    versions = {(UUID(row["memory_id"]), row["version"], row["text_version"]) for row in rows}
    assert {(f.memory_id, f.version, f.text_version) for f in found} == versions
    hidden = {i for name, i in told.hidden.items() if name != "changed"}
    assert not hidden & {f.memory_id for f in found}


@pytest.mark.parametrize("name", ["lexical", "tags", "entity by words"])
async def test_what_a_memory_no_longer_says_does_not_find_it(told: Told, name: str) -> None:
    found = await ask(EXAMPLES[name], told.search())
    assert told.hidden["changed"] not in {f.memory_id for f in found}


@pytest.mark.parametrize("name", EXAMPLES)
async def test_what_was_not_known_yet_is_not_shown(told: Told, name: str) -> None:
    example = EXAMPLES[name]
    before = Filter(as_of=AsOf(known=_DAY - timedelta(seconds=1)))
    assert await ask(example, told.search(before)) == []
    then = Filter(as_of=AsOf(known=_DAY + timedelta(minutes=1)))
    found = {f.memory_id: f.version for f in await ask(example, told.search(then))}
    if told.target in found:
        assert found.get(told.hidden["changed"], 1) == 1
    assert told.target in found or not example.sure
    assert not {told.hidden[n] for n in ("archived", "staged", "quarantined")} & set(found)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize(
    ("limits", "shown"),
    [
        (Filter(types=("episodic",)), True),
        (Filter(types=("semantic",)), False),
        (Filter(kinds=("message",)), True),
        (Filter(kinds=("note", "document")), False),
        (Filter(session_id="harbour"), True),
        (Filter(session_id="session-0"), False),
        (Filter(tags=("mooring",)), True),
        (Filter(tags=("mooring", "tag-1")), False),
        (Filter(since=_DAY, until=_DAY + timedelta(hours=1)), True),
        (Filter(since=_DAY + timedelta(hours=1)), False),
        (Filter(until=_DAY), False),
        (Filter(speaker="Quentin"), True),
        (Filter(speaker="Nobody"), False),
        (Filter(metadata={"app": "log"}), True),
        (Filter(metadata={"app": "chat"}), False),
        (Filter(as_of=AsOf(valid=_DAY - timedelta(hours=1))), False),
        (Filter(states=(State.ARCHIVED,)), False),
        (Filter(types=("episodic",), session_id="harbour", tags=("mooring",), speaker="Quentin",
                metadata={"port": "Bergen"}, as_of=AsOf(valid=_ASKED)), True),
    ],
    ids=str,
)  # fmt: skip
async def test_a_filter_holds_in_every_channel(
    told: Told, name: str, limits: Filter, shown: bool
) -> None:
    found = {f.memory_id for f in await ask(EXAMPLES[name], told.search(limits))}
    assert (told.target in found) is shown or (shown and not EXAMPLES[name].sure)
    if limits.states == (State.ARCHIVED,) and EXAMPLES[name].sure:
        assert found == {told.hidden["archived"]}


@pytest.mark.parametrize("name", EXAMPLES)
async def test_history_is_shown_when_it_is_asked_for(told: Told, name: str) -> None:
    found = await ask(EXAMPLES[name], told.search(Filter(states=HISTORICAL_STATES)))
    if EXAMPLES[name].sure and EXAMPLES[name].understood.get("order") is None:
        assert told.hidden["ended"] in {f.memory_id for f in found}


@pytest.mark.parametrize("name", EXAMPLES)
async def test_several_spaces_are_asked_at_once(told: Told, name: str) -> None:
    both = (told.space, told.elsewhere)
    found = await ask(EXAMPLES[name], told.search(spaces=both))
    seen = {row["space_id"] for row in _rows(told, found)}
    assert seen <= {str(space.id) for space in both}
    if EXAMPLES[name].channel in ("lexical", "dense", "tags", "salience"):
        assert len(seen) == 2


@pytest.mark.parametrize("year", [1, 1800, 9999])
@pytest.mark.parametrize("relation", list(Relation))
async def test_a_time_however_far_can_be_asked_about(
    told: Told, year: int, relation: Relation
) -> None:
    since = datetime(year, 1, 1, tzinfo=UTC)
    time = TimeConstraint(text="", since=since, until=since + timedelta(days=9), relation=relation)
    query = query_of(EXAMPLES["temporal, a period"])
    query = replace(query, understood=replace(query.understood, times=(time,)))
    [temporal] = [c for c in channels.load() if c.name == "temporal"]
    found = await temporal.search(told.search(), query)
    assert told.target not in {f.memory_id for f in found}


@pytest.mark.parametrize("year", [1, 9999])
async def test_what_is_salient_can_be_asked_from_any_moment(told: Told, year: int) -> None:
    query = replace(query_of(EXAMPLES["salience"]), reference=datetime(year, 1, 1, tzinfo=UTC))
    [salience] = [c for c in channels.load() if c.name == "salience"]
    found = await salience.search(told.search(), query)
    assert told.target in {f.memory_id for f in found}


#: Tables that are read by an index or not at all: all that grow with the memories.
_LARGE = (
    "memories", "postings", "vectors", "labels", "mentions", "entity_aliases", "entities",
    "relations",
)  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize(
    "limits", [Filter(), Filter(as_of=AsOf(known=_ASKED))], ids=["now", "then"]
)
async def test_a_channel_reads_by_its_index_and_never_a_whole_table(
    told: Told, name: str, limits: Filter
) -> None:
    explaining = Explaining.over(told.database)
    try:
        await ask(EXAMPLES[name], told.search(limits, explaining=explaining))
    finally:
        await explaining.close()
    read = [step for plan in explaining.plans for step in steps(plan)]
    assert read
    whole = [s["Relation Name"] for s in read if s["Node Type"] == "Seq Scan"]
    assert not [table for table in whole if table.split("_p")[0] in _LARGE], whole
    used = {s["Index Name"] for s in read if "Index Name" in s}
    assert max(_read_for_nothing(s) for s in read) < FILLER / 4
    missing = {index for index in EXAMPLES[name].indexes if not _is_used(told, index, used)}
    assert not missing, used


def _read_for_nothing(step: dict[str, Any]) -> float:
    """Rows of the memories that were fetched and then thrown away: the index led to too many."""
    if step.get("Relation Name", "").split("_p")[0] != "memories":
        return 0
    removed: float = step.get("Rows Removed by Filter", 0)
    return removed * step["Actual Loops"]


def _is_used(told: Told, index: str, used: set[str]) -> bool:
    """Whether an index or a part of it, which has a name of its own, was read."""
    with psycopg.connect(told.urls.superuser) as connection:
        parts = connection.execute("""
            SELECT c.relname FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
            LEFT JOIN pg_class p ON p.oid = i.inhparent LEFT JOIN pg_am a ON a.oid = c.relam
            WHERE c.relkind IN ('i', 'I') AND (%(index)s IN (c.relname, p.relname, a.amname))
        """, {"index": index}).fetchall()  # fmt: skip
    return bool(used & {row[0] for row in parts})


# What deep recall reads beside the channels


def _entity(told: Told, alias: str = "the Old Lady") -> MemoryId:
    """What the target mentions."""
    with psycopg.connect(told.urls.superuser) as connection:
        row = connection.execute(
            "SELECT memory_id FROM entity_aliases WHERE alias = %s AND space_id = %s",
            [normalised(alias), told.space.id],
        ).fetchone()
    assert row is not None
    return MemoryId(row[0])


async def _lead_on(told: Told, search: Search) -> list[Named]:
    """What holds the name of the ship and of its port, and what mentions the Old Lady."""
    entities = [(2, _entity(told))]
    names = [(0, terms("Meridian")), (1, terms("Quentin Bergen")), (3, terms("Meridian Quux"))]
    return await search.named(names, entities, common=500, most=60)


async def test_a_name_leads_to_every_memory_that_holds_it(told: Told) -> None:
    found = await _lead_on(told, told.search())
    # Who mentions is not told by version: what was changed still mentions the Old Lady.
    changed = (2, told.hidden["changed"])
    assert {(f.number, f.memory_id) for f in found} - {changed} == {
        (n, told.target) for n in (0, 1, 2)
    }
    both = await _lead_on(told, told.search(spaces=(told.space, told.elsewhere)))
    assert len({f.memory_id for f in both if f.number == 0}) == 2


async def test_no_name_leads_to_another_space_tenant_version_or_state(told: Told) -> None:
    found = [f for f in await _lead_on(told, told.search()) if f.number in (0, 1)]
    hidden = set(told.hidden.values())
    assert not hidden & {f.memory_id for f in found}
    before = Filter(as_of=AsOf(known=_DAY - timedelta(seconds=1)))
    assert await _lead_on(told, told.search(before)) == []
    then = await _lead_on(told, told.search(Filter(as_of=AsOf(known=_DAY + timedelta(minutes=1)))))
    assert {told.target, told.hidden["changed"]} <= {f.memory_id for f in then}
    gone = {told.hidden[n] for n in ("archived", "staged", "quarantined")}
    assert not gone & {f.memory_id for f in then}


@pytest.mark.parametrize(
    ("limits", "shown"),
    [
        (Filter(session_id="harbour"), True),
        (Filter(session_id="session-0"), False),
        (Filter(types=("semantic",)), False),
        (Filter(tags=("tag-1",)), False),
        (Filter(speaker="Nobody"), False),
        (Filter(until=_DAY), False),
    ],
    ids=str,
)
async def test_a_filter_holds_for_names(told: Told, limits: Filter, shown: bool) -> None:
    found = {f.memory_id for f in await _lead_on(told, told.search(limits)) if f.number < 2}
    assert found == ({told.target} if shown else set())


async def test_a_name_that_many_hold_leads_nowhere(told: Told) -> None:
    common = terms(texts.episode(0)["speaker"])
    for bounds in ({"common": 500, "most": 60}, {"common": 100_000, "most": 60}):
        assert await told.search().named([(0, common)], [], **bounds) == []


async def test_what_a_memory_mentions_is_told_from_its_own_spaces_alone(told: Told) -> None:
    entity, foreign = _entity(told), new_id()
    with psycopg.connect(told.urls.superuser, autocommit=True) as connection:
        connection.execute(MENTION, [told.tenant, told.target, foreign, told.space.id])
        for space, memory_id, name in (
            (told.space, entity, "The Old Lady"),
            (told.elsewhere, foreign, "A secret"),
        ):
            connection.execute(
                "INSERT INTO entities (tenant_id, memory_id, space_id, name, entity_kind, since)"
                " VALUES (%s, %s, %s, %s, 'thing', 1) ON CONFLICT DO NOTHING",
                [told.tenant, memory_id, space.id, name],
            )
    found = await told.search().mentioned([told.target])
    assert [(f.entity_id, f.name) for f in found] == [(entity, "The Old Lady")]
    stranger, theirs = told.theirs
    elsewhere = Search(told.database, Scope(tenant=stranger, spaces=(theirs,)), Filter())
    assert await elsewhere.mentioned([told.target]) == []


async def test_beside_an_episode_is_its_session_and_nothing_hidden(told: Told) -> None:
    turns = await told.search().beside([told.target], reach=5)
    # The others of the harbour are another's, or hidden; one was changed, and says nothing now.
    assert {f.memory_id for f in turns} == {told.hidden["changed"]}
    with psycopg.connect(told.urls.superuser) as connection:
        row = connection.execute(
            "SELECT memory_id FROM memories WHERE space_id = %s AND session_id = 'session-1'"
            " ORDER BY occurred_at OFFSET 2 LIMIT 1", [told.space.id],
        ).fetchone()  # fmt: skip
    assert row is not None
    turns = await told.search().beside([MemoryId(row[0])], reach=5)
    sessions = {(r["space_id"], r["session_id"]) for r in _rows(told, turns)}
    assert sessions == {(str(told.space.id), "session-1")}
    assert row[0] not in {f.memory_id for f in turns}
    assert [f.score for f in turns] == sorted((f.score for f in turns), reverse=True)


@pytest.mark.parametrize(
    "limits", [Filter(), Filter(as_of=AsOf(known=_ASKED))], ids=["now", "then"]
)
async def test_names_and_turns_are_read_by_index(told: Told, limits: Filter) -> None:
    explaining = Explaining.over(told.database)
    search = told.search(limits, explaining=explaining)
    try:
        await _lead_on(told, search)
        await search.mentioned([told.target])
        await search.beside([told.target], reach=5)
    finally:
        await explaining.close()
    read = [step for plan in explaining.plans for step in steps(plan)]
    whole = [s["Relation Name"] for s in read if s["Node Type"] == "Seq Scan"]
    assert not [table for table in whole if table.split("_p")[0] in _LARGE], whole
    used = {s["Index Name"] for s in read if "Index Name" in s}
    assert max(_read_for_nothing(s) for s in read) < FILLER / 4
    wanted = {"postings_pk", "mentions_entity_idx", "mentions_pk", "memories_session_idx"}
    assert not {index for index in wanted if not _is_used(told, index, used)}, used
