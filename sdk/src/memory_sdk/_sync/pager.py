# Generated from _async/pager.py by generate_sync.py; change that.
"""A list that is read page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Generic

from memory_sdk._answers import Item, Page
from memory_sdk._sync.http import Http
from memory_sdk._calls import Call


class Pager(Generic[Item]):
    """All items of a list, asked for as they are needed, or one page at a time.

    for cube in space.memories.list(kind="fact"):
        print(cube.content)

    page = space.memories.list(kind="fact", limit=20).page()
    page.items, page.next_cursor
    """

    def __init__(self, http: Http, call: Call, model: type[Page[Item]]) -> None:
        self._http = http
        self._call = call
        self._model = model

    def page(self, cursor: str | None = None) -> Page[Item]:
        """The first page, or the one at the `next_cursor` of the page before."""
        at = {} if cursor is None else {"cursor": cursor}
        call = replace(self._call, params={**self._call.params, **at})
        return self._http.answer(call, self._model)

    def __iter__(self) -> Iterator[Item]:
        page = self.page()
        for item in page.items:
            yield item
        while page.next_cursor is not None:
            page = self.page(page.next_cursor)
            for item in page.items:
                yield item
