"""Makes the prefix that the chats of a space begin with, and has the model server read it once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from consolidation.prefix import rules
from consolidation.prefix.rendering import CATEGORIES, Draft, Told, draft, soft_prompt
from consolidation.services import Cadence, JobKind, Services, Work
from llm_backend.chat import ChatModel, Message
from llm_backend.errors import BackendError
from stores import blocks, jobs, memories, model_usage, prefixes, runs, spaces, writing
from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId, new_id
from stores.prefixes import NAME, PREFIX, SOFT_PROMPT, Prefix
from stores.records import MemCube, Method, NewMemory, Payload, Space, State
from stores.revision import revise
from stores.runs import Change

METHOD = Method(name=NAME, version="1")
#: What chats are counted as in the account of tokens.
_CHAT = "chat"


class _Moved(Exception):
    """What was read is not so any more; it is to be read again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    """What there is, and what there is to be."""

    patterns: Told = field(default_factory=Told)
    draft: Draft | None = None
    #: Of every memory in it, the version of its text: also of those that its blocks tell of.
    members: dict[MemoryId, int] = field(default_factory=dict)
    now: Prefix | None = None
    #: What becomes of the one that is there.
    fate: State = State.SUPERSEDED


async def run(services: Services, work: Work) -> None:
    """One look; what would read as before stays as it is."""
    while True:
        started = services.clock()
        async with services.database.read(work.tenant) as session:
            read = await _read(session, work.space.id, started)
        try:
            async with services.database.write(work.tenant) as session:
                made = await _write(session, services, work, read, started)
        except _Moved:
            continue
        break
    if made is None or services.chat is None:
        return
    if (refused := await _warm(services.chat, made)) is not None:
        async with services.database.write(work.tenant) as session:
            await jobs.note(session, work.job_id, refused)


async def _read(session: ReadSession, space: SpaceId, now: datetime) -> _Read:
    active = await prefixes.active(session, space, now, rules.TRUST)
    if active is not None:
        since = (active.created_at + timedelta(days=1)).date()
        if not rules.pays(await model_usage.read(session, space, _CHAT, since)):
            return _Read(now=active, fate=State.INVALIDATED)
    there = [block for block in await blocks.find_blocks(session, space) if block.text]
    behind = list(dict.fromkeys(source for block in there for source in block.sources))
    fit = await prefixes.fitting(session, behind, now, rules.TRUST)
    there = [block for block in there if fit.keys() >= set(block.sources)]
    found = await prefixes.patterns(
        session, space, kinds=list(CATEGORIES), confidence=rules.CONFIDENCE,
        evidence=rules.EVIDENCE, trust=rules.TRUST, now=now, limit=rules.MOST,
    )  # fmt: skip
    # What a block tells of is told there.
    told = {source for block in there for source in block.sources}
    patterns = soft_prompt([one for one in found if one.id not in told])
    before = list(active.members) if active is not None else []
    stable = await prefixes.stable(session, space, rules.promoted(now), before)
    wanted = draft(there, patterns, stable)
    if wanted is not None and wanted.hash == await prefixes.given_up(session, space):
        wanted = None
    members: dict[MemoryId, int] = {}
    if wanted is not None:
        members = {one.id: one.text_version for one in wanted.memories}
        for block in there:
            if block.name in wanted.blocks:
                members |= {source: fit[source] for source in block.sources}
    return _Read(patterns=patterns, draft=wanted, members=members, now=active)


async def _write(
    session: WriteSession, services: Services, work: Work, read: _Read, started: datetime
) -> str | None:
    """Store what reads differently; returns the text that chats begin with from now on, if new."""
    space, wanted = work.space, read.draft
    if await memories.keep(session, sorted(read.members)) != read.members.keys():
        raise _Moved
    await spaces.hold(session, space.id)
    run_id, now = new_id(), services.clock()
    make = partial(_memory, run_id, now)
    before = await prefixes.current(session, space.id, SOFT_PROMPT)
    soft = read.patterns if wanted is not None and wanted.patterns else Told()
    changes, soft_id = await _become(session, space, run_id, now, read.fate, before, soft.hash, (
        make(SOFT_PROMPT, soft.text, {"form": "text", "hash": soft.hash, "tokens": soft.tokens},
             [one.id for one in soft.memories]) if soft.text else None
    ))  # fmt: skip
    made: NewMemory | None = None
    if wanted is not None:
        data = {
            "hash": wanted.hash, "tokens": wanted.tokens, "blocks": dict(wanted.blocks),
            "members": [[str(one), version] for one, version in sorted(read.members.items())],
        }  # fmt: skip
        sources = [*read.members, *([soft_id] if soft_id else [])]
        made = make(PREFIX, wanted.text, data, sources)
    # One that says the same of memories that have changed is not the same any more.
    there = await prefixes.current(session, space.id, PREFIX)
    same = read.now is not None and _same(read, read.now)
    more, prefix_id = await _become(
        session, space, run_id, now, read.fate, there, wanted.hash if wanted and same else "", made
    )
    if not (changes or more):
        return None
    if more and prefix_id is not None:
        await prefixes.activate(session, space.id, prefix_id, now)
    await runs.add_run(
        session, space.id, run_id, job_id=work.job_id, method=METHOD,
        counts={"prefixes": int(made is not None and bool(more)),
                "tokens": wanted.tokens if wanted else 0},
        started_at=started, finished_at=now,
    )  # fmt: skip
    await runs.note_changes(session, run_id, [*changes, *more])
    await jobs.progress(session, work.job_id, len(changes) + len(more))
    return None if made is None or not more else made.content


def _same(read: _Read, now: Prefix) -> bool:
    wanted = read.draft
    if wanted is None:
        return False
    return (now.hash, now.members, now.blocks) == (wanted.hash, read.members, wanted.blocks)


async def _become(
    session: WriteSession,
    space: Space,
    run_id: UUID,
    now: datetime,
    fate: State,
    there: dict[MemoryId, str],
    hash_: str,
    wanted: NewMemory | None,
) -> tuple[list[Change], MemoryId | None]:
    """Store it in place of what is there, unless that says the same; what changed, and its id."""
    if wanted is not None and hash_ in there.values():
        return [], next(one for one, hashed in there.items() if hashed == hash_)
    changes: list[Change] = []
    for memory_id in there:
        cube = await revise(session, space, memory_id, partial(_ended, fate, run_id, now), now=now)
        changes.append(Change(memory_id=cube.id, before=cube.version - 1, after=cube.version))
    if wanted is None:
        return changes, None
    await writing.store(session, space, [wanted])
    return [*changes, Change(memory_id=wanted.id, after=1)], wanted.id


def _ended(fate: State, run_id: UUID, now: datetime, cube: MemCube) -> MemCube:
    return replace(
        cube,
        provenance=replace(cube.provenance, run_id=run_id),
        lifecycle=replace(cube.lifecycle, state=fate),
        time=replace(cube.time, invalid_at=now),
    )


def _memory(
    run_id: UUID,
    now: datetime,
    kind: str,
    content: str,
    data: Payload,
    sources: Sequence[MemoryId],
) -> NewMemory:
    return NewMemory(
        id=MemoryId(new_id()),
        kind=kind,
        content=content,
        data=data,
        provenance_origin="derived",
        actor="service",
        method=METHOD,
        created_at=now,
        valid_at=now,
        run_id=run_id,
        derived_from=tuple(sorted(sources)),
        # It is no surer than the least sure of what it tells of.
        trust=rules.TRUST,
    )


async def _warm(chat: ChatModel, prefix: str) -> str | None:
    """Have the server read it, so that the first chat finds it read; says why not, if so.

    That helps chats without a system prompt, in which nothing stands before it.
    """
    messages = (Message(role="user", content=f"{prefix}\n\n."),)
    try:
        await chat.complete(messages, max_tokens=1)
    except BackendError as error:
        return f"not read by the model server yet: {error.code}"
    return None


JOB = JobKind(name=NAME, run=run, cadence=Cadence(every=timedelta(hours=1)))
