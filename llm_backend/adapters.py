"""Adapters on a running vLLM: loaded when they are asked for, taken away when room is needed.

What the server lists is what is loaded; so it, or this process, may be started anew at any time.
How such a server behaves, found by trying, is the reason for most of what is done here:

* An adapter that was unloaded is no longer listed, but its weights stay where they were, and a
  request that still runs goes on with them. So it is overwritten with a blank one first.
* On a processor, a request without an adapter gets the adapter of the last place when both are in
  one batch. So all places are taken by blanks at first, and the last one is never given up.
* Whatever is used when all places are taken gets that of the adapter used longest ago. So those
  that are to stay are used just before another one is loaded.
* Cached blocks go by name and path, and not by what is there. So neither is ever used twice.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llm_backend.adapter_calls import AdapterServer
from llm_backend.blank import blank_of
from llm_backend.errors import BackendError, BackendUnavailable, RequestRefused
from llm_backend.http import Rest

_OURS, _BLANK = "mem-", "mem-blank-"
#: Hexadecimal digits of each part of a name: 48 bits of a SHA-256.
_DIGITS: Final = 12
#: Seconds after which an adapter that could not be loaded is tried again; doubled each time.
_AGAIN_S: Final = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """An adapter as the server gets to know it; neither name nor folder is ever another one's."""

    name: str
    #: As both this process and the server see it.
    folder: Path


def name_of(tenant: bytes, space: bytes, build: bytes) -> str:
    """The name of one build of one space of one tenant; tells nothing about any of them."""
    return f"{names_of_space(tenant, space)}{_digest(build)}"


def names_of_space(tenant: bytes, space: bytes) -> str:
    """How the names of all adapters of a space begin, and those of no other."""
    return f"{_OURS}{_digest(tenant)}-{_digest(tenant + space)}-"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


class AdapterShelf:
    """The adapters of one server. `blanks` is a folder for blank ones, which the server can read.

    It belongs to one event loop. Of several processes each knows its own answers only, so one that
    makes room may blank an adapter that another one's answer is just written with.
    """

    def __init__(self, server: AdapterServer, *, blanks: Path) -> None:
        self._server = server
        self._blanks = blanks
        #: The path of each, the one used longest ago first.
        self._loaded: dict[str, str] = {}
        #: Whether that is still so, as far as is known.
        self._trusted = False
        self._held: Counter[str] = Counter()
        self._resting: defaultdict[str, Rest] = defaultdict(lambda: Rest(_AGAIN_S))
        self._changing = asyncio.Lock()

    async def close(self) -> None:
        """Let go of the server; what is loaded stays loaded."""
        await self._server.close()

    async def take(self, weights: Weights) -> None:
        """See to it that an adapter is loaded, and stays so until `give_back`. Raises BackendError.

        One that could not be loaded is not tried again for a while.
        """
        if not self._has(weights):
            async with self._changing:
                if not self._has(weights):
                    await self._try(weights)
        self._held[weights.name] += 1
        self._loaded[weights.name] = self._loaded.pop(weights.name)

    def give_back(self, weights: Weights) -> None:
        """An answer is complete."""
        self._held[weights.name] -= 1
        if not self._held[weights.name]:
            del self._held[weights.name]

    def distrust(self) -> None:
        """The server did not know an adapter that was loaded: what is there is asked anew."""
        self._trusted = False

    async def withdraw(self, names: str, *, keeping: Collection[str] = ()) -> int:
        """Take away all adapters whose names begin so; answers that are just written lose them too.

        Returns how many there were. Raises BackendError; some may be gone then.
        """
        async with self._changing:
            listed = await self._server.loaded()
            doomed = [n for n in listed if n.startswith(names) and n not in keeping]
            for name in doomed:
                await self._take_away(name, listed)
            return len(doomed)

    def _has(self, weights: Weights) -> bool:
        return self._trusted and self._loaded.get(weights.name) == str(weights.folder)

    async def _try(self, weights: Weights) -> None:
        rest = self._resting[weights.name]
        rest.check()
        try:
            await self._load(weights)
        except (OSError, ValueError) as error:
            failure = RequestRefused(f"the adapter {weights.name} cannot be read: {error}")
            rest.failed(failure)
            raise failure from error
        except BackendError as error:
            rest.failed(error)
            raise
        del self._resting[weights.name]

    async def _load(self, weights: Weights) -> None:
        listed = await self._server.loaded()
        self._trusted = True
        room = await self._occupy(listed, weights.folder)
        live = [name for name in listed if not name.startswith(_BLANK)]
        known = [name for name in self._loaded if name in live]
        self._loaded = {name: listed[name] for name in (*(set(live) - set(known)), *known)}
        if self._loaded.get(weights.name) == str(weights.folder):
            return
        if weights.name in self._loaded:
            await self._take_away(weights.name, listed)
        while len(self._loaded) >= room - 1:
            await self._take_away(self._idle(), listed)
        await self._server.touch([*self._loaded, f"{_BLANK}{room - 1}"])
        await self._server.load(weights.name, weights.folder)
        self._loaded[weights.name] = str(weights.folder)

    async def _occupy(self, listed: dict[str, str], like: Path) -> int:
        """Have a blank in every place, in the order of places; returns how many there are.

        Where a server dies, or we do, the blanks that are listed are in the first places.
        """
        first = f"{_BLANK}0"
        if first not in listed:
            listed[first] = str(await asyncio.to_thread(blank_of, like, self._blanks))
            await self._server.load(first, listed[first])
        room = await self._server.room()
        if room is None:
            # It tells only once it has been asked for something.
            await self._server.touch([first])
            room = await self._server.room()
        if room is None or room < 2:
            raise RequestRefused("the model server has no place for an adapter beside a blank one")
        for name in (f"{_BLANK}{number}" for number in range(1, room)):
            if name not in listed:
                await self._server.load(name, listed[first])
                listed[name] = listed[first]
        return room

    def _idle(self) -> str:
        for name in self._loaded:
            if name not in self._held:
                return name
        raise BackendUnavailable("all places for adapters are in use")

    async def _take_away(self, name: str, listed: Mapping[str, str]) -> None:
        self._loaded.pop(name, None)
        blank = listed.get(f"{_BLANK}0")
        if blank is not None:
            await self._server.load(name, blank, over=True)
        await self._server.unload(name)
