"""So many at a time, the most urgent first, and no place is ever lost."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_backend.gate import Gate, Priority

CHAT, JOB = Priority.CHAT, Priority.JOB


async def _settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_is_waited_for_goes_first_and_equals_as_they_came() -> None:
    gate, order = Gate(1), list[str]()
    leave = asyncio.Event()

    async def ask(name: str, priority: Priority) -> None:
        async with gate.turn(priority):
            order.append(name)
            await leave.wait()

    async with asyncio.TaskGroup() as tasks:
        for name, priority in (("a", JOB), ("b", JOB), ("c", JOB), ("d", CHAT), ("e", CHAT)):
            tasks.create_task(ask(name, priority))
            await _settled()
        assert order == ["a"]
        leave.set()
    assert order == ["a", "d", "e", "b", "c"]


async def test_who_fails_inside_hands_the_place_on() -> None:
    gate = Gate(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with asyncio.timeout(5), gate.turn(JOB):
                _ = 1 / 0


async def test_who_is_called_and_goes_away_at_the_same_time_hands_the_place_on() -> None:
    gate = Gate(1)

    async def ask() -> None:
        async with gate.turn(JOB):
            pass

    async with gate.turn(JOB):
        late = asyncio.create_task(ask())
        await _settled()
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)
    async with asyncio.timeout(5), gate.turn(CHAT):
        pass


@pytest.mark.parametrize(("places", "jobs"), [(1, 1), (2, 1), (3, 2), (4, 3), (8, 6), (16, 12)])
async def test_jobs_leave_places_in_which_no_chat_waits_for_them(places: int, jobs: int) -> None:
    room = Room(places)
    for _ in range(2 * places):
        room.come(JOB)
    await _settled()
    assert room.inside_as(JOB) == jobs

    for _ in range(places):
        room.come(CHAT)
    await _settled()
    assert room.inside_as(CHAT) == places - jobs
    # The place of a job that ends is for the next chat, however many jobs wait for it.
    room.leave(0)
    await _settled()
    assert room.inside_as(JOB) == jobs - 1
    assert room.inside_as(CHAT) == places - jobs + 1
    await room.empty()


class Room:
    """A gate, and who is inside."""

    def __init__(self, places: int) -> None:
        self.gate = Gate(places)
        self.places = places
        #: How many of them jobs may take.
        self.for_jobs = 1 if places == 1 else places - max(1, places // 4)
        self.inside: list[tuple[Priority, asyncio.Event]] = []
        self.tasks: list[tuple[Priority, asyncio.Task[None]]] = []

    def come(self, priority: Priority) -> None:
        self.tasks.append((priority, asyncio.create_task(self._stay(priority))))

    def leave(self, number: int) -> None:
        if self.inside:
            self.inside[number % len(self.inside)][1].set()

    def cancel(self, number: int) -> None:
        if self.tasks:
            self.tasks[number % len(self.tasks)][1].cancel()

    def inside_as(self, priority: Priority) -> int:
        return sum(one is priority for one, _ in self.inside)

    async def check(self) -> None:
        """Nobody waits for a place that is free to them."""
        await _settled()
        there = [priority for priority, task in self.tasks if not task.done()]
        jobs = min(there.count(JOB), self.for_jobs)
        assert len(self.inside) == min(self.places, there.count(CHAT) + jobs)
        assert self.inside_as(JOB) <= self.for_jobs

    async def empty(self) -> None:
        tasks = [task for _, task in self.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stay(self, priority: Priority) -> None:
        leave = asyncio.Event()
        async with self.gate.turn(priority):
            self.inside.append((priority, leave))
            try:
                await leave.wait()
            finally:
                self.inside.remove((priority, leave))


@given(
    places=st.integers(1, 5),
    steps=st.lists(st.sampled_from(["chat", "job", "leave", "cancel"]), max_size=30),
)
def test_never_more_than_there_are_places_and_none_is_lost(places: int, steps: list[str]) -> None:
    async def play() -> None:
        room = Room(places)
        do = {
            "chat": lambda _: room.come(CHAT), "job": lambda _: room.come(JOB),
            "leave": room.leave, "cancel": room.cancel,
        }  # fmt: skip
        for number, step in enumerate(steps):
            do[step](number)
            if number % 3:  # Now and then two things happen before anybody can tell.
                await room.check()
        await room.empty()
        for _ in range(places):
            room.come(CHAT)
            room.come(JOB)
        await room.check()
        await room.empty()

    asyncio.run(play())
