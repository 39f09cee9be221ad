"""Cursors come back as they went out, and nothing else passes for one."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.api import pages
from stores.errors import InvalidCursor

names = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.:@-]{0,127}\Z")


@given(names)
def test_a_name_comes_back(name: str) -> None:
    assert pages.decode(pages.encode(name)) == name


@given(st.uuids())
def test_an_id_comes_back(identity: UUID) -> None:
    cursor = pages.encode(str(identity))
    assert pages.decode_id(cursor) == pages.after(cursor) == pages.before(cursor) == identity


@pytest.mark.parametrize("cursor", [None, ""])
def test_no_cursor_is_the_beginning(cursor: str | None) -> None:
    assert pages.decode(cursor) is None
    assert pages.after(cursor) == UUID(int=0)
    assert pages.before(cursor) == UUID(int=2**128 - 1)
    assert pages.encode(None) is None


@given(st.text(max_size=60))
def test_anything_else_is_refused_or_harmless(cursor: str) -> None:
    with suppress(InvalidCursor):
        position = pages.decode(cursor)
        assert position is None or position.isprintable()


@pytest.mark.parametrize("cursor", ["nonsense!", "AAAA", "é", "="])
def test_what_is_no_cursor_is_pointed_at(cursor: str) -> None:
    with pytest.raises(InvalidCursor) as refused:
        pages.decode(cursor)
    assert refused.value.pointer == "query:cursor"


@pytest.mark.parametrize("position", ["home", "7", "01900000-0000"])
def test_a_cursor_of_another_list_is_refused(position: str) -> None:
    with pytest.raises(InvalidCursor):
        pages.decode_id(pages.encode(position))
