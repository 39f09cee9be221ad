# Generated from _async/blocks.py by generate_sync.py; change that.
"""The blocks of a space: texts that belong in every context."""

from __future__ import annotations

from memory_sdk._answers import Block, Page
from memory_sdk._sync.http import Http
from memory_sdk._sync.pager import Pager
from memory_sdk._calls import delete, get, path, put


class Blocks:
    """Read and write blocks, as `space.blocks`; `profile` and `preferences` are derived.

    space.blocks.put("rules", "Answer in two sentences.")
    context = space.context("where does Ana live?", blocks=True)
    """

    def __init__(self, http: Http, space: str) -> None:
        self._http = http
        self._path = path("v1", "spaces", space, "blocks")

    def list(self, *, limit: int | None = None) -> Pager[Block]:
        """The blocks there are, by name."""
        return Pager(self._http, get(self._path, limit=limit), Page[Block])

    def get(self, name: str) -> Block:
        """One block; raises NotFound."""
        return self._http.answer(get(self._path + path(name)), Block)

    def put(self, name: str, text: str, *, version: int | None = None) -> Block:
        """Write a block; with `version`, only if that is still its version, 0 for a new one.

        Raises Conflict for a derived block, VersionMismatch.
        """
        call = put(self._path + path(name), {"text": text}, version=version)
        return self._http.answer(call, Block)

    def delete(self, name: str, *, version: int | None = None) -> None:
        """Remove a block for good; raises NotFound."""
        self._http.send(delete(self._path + path(name), version=version))
