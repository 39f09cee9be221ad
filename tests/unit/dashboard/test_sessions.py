"""Sessions begin, live on, and end."""

from __future__ import annotations

from dashboard.sessions import IDLE_S, Flash, Sessions


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_session_lives_as_long_as_it_is_used() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    made = sessions.begin("mk_1")

    clock.now = IDLE_S - 1
    assert sessions.find(made.id) is made
    clock.now += IDLE_S - 1
    assert sessions.find(made.id) is made
    clock.now += IDLE_S
    assert sessions.find(made.id) is None


def test_ids_and_tokens_are_no_keys_and_never_the_same() -> None:
    sessions = Sessions()
    one, two = sessions.begin("mk_1"), sessions.begin("mk_1")

    assert len({one.id, two.id, one.csrf, two.csrf, "mk_1"}) == 5
    assert one.is_from(one.csrf)
    assert not one.is_from(two.csrf)
    assert not one.is_from("")
    assert not one.is_from("é")
    assert sessions.find(None) is None


def test_there_are_never_more_than_so_many_and_the_idlest_goes() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    first = sessions.begin("mk_1")
    for _ in range(1000):
        clock.now += 1
        last = sessions.begin("mk_1")

    assert sessions.find(first.id) is None
    assert sessions.find(last.id) is last


def test_a_line_is_shown_once() -> None:
    made = Sessions().begin("mk_1")
    made.flashes.append(Flash(text="Pinned."))

    assert [flash.text for flash in made.take_flashes()] == ["Pinned."]
    assert made.take_flashes() == []
