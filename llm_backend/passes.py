"""Which texts share the next forward pass: queries first, documents in fair and even batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from llm_backend.protocols import Vectors

#: Passes planned at once: enough to sort texts of several callers by length, few enough that a
#: newcomer is soon in.
_WINDOW = 4
#: The longest text times the number of texts of a pass. A query waits for one pass of documents,
#: and a full batch of long texts would take seconds.
_PASS_CHARACTERS = 8_192


class Call:
    """The texts of one caller, and their vectors as they come in."""

    def __init__(self, texts: Sequence[str], dimensions: int) -> None:
        self.texts = texts
        self.future: Future[Vectors] = Future()
        #: Longest first, as the model library does it: a pass that is too large fails early.
        self.unplanned = deque(sorted(range(len(texts)), key=lambda i: -len(texts[i])))
        self._vectors = np.empty((len(texts), dimensions), dtype=np.float32)
        self._missing = len(texts)

    def put(self, position: int, vector: Vectors) -> None:
        """Keep one vector; the last one answers the caller."""
        self._vectors[position] = vector
        self._missing -= 1
        if not self._missing:
            with suppress(InvalidStateError):  # cancelled in the meantime
                self.future.set_result(self._vectors)

    def fail(self, error: Exception) -> None:
        """Answer the caller with an error, unless it has its answer or is gone."""
        with suppress(InvalidStateError):
            self.future.set_exception(error)


class Slot(NamedTuple):
    """One text's place in a pass."""

    call: Call
    position: int

    @property
    def text(self) -> str:
        return self.call.texts[self.position]


class PassQueue:
    """Waiting calls. Knows nothing of threads: whoever shares it, locks it."""

    def __init__(self, max_batch: int) -> None:
        self._max_batch = max_batch
        self._queries: deque[Call] = deque()
        self._documents: deque[Call] = deque()
        self._planned: deque[list[Slot]] = deque()

    def __bool__(self) -> bool:
        return bool(self._queries or self._planned or self._documents)

    def add_query(self, call: Call) -> None:
        """The call holds one text."""
        self._queries.append(call)

    def add_documents(self, call: Call) -> None:
        """The call holds any number of texts but none."""
        self._documents.append(call)

    def next_pass(self) -> list[Slot]:
        """The texts to encode now; none if all who waited have gone."""
        if self._queries:
            return self._wanted(self._take_queries())
        if not self._planned:
            self._planned.extend(self._plan())
        return self._wanted(self._planned.popleft()) if self._planned else []

    def clear(self) -> list[Call]:
        """Forget everything; returns the calls that got no answer."""
        calls = {id(slot.call): slot.call for slots in self._planned for slot in slots}
        calls |= {id(call): call for call in (*self._queries, *self._documents)}
        self._queries.clear()
        self._planned.clear()
        self._documents.clear()
        return list(calls.values())

    def _take_queries(self) -> list[Slot]:
        count = min(len(self._queries), self._max_batch)
        return [Slot(self._queries.popleft(), 0) for _ in range(count)]

    def _plan(self) -> Iterator[list[Slot]]:
        """Texts of like length share passes, since all are padded to the longest."""
        window = sorted(self._draw(), key=lambda slot: -len(slot.text))
        while window:
            fitting = _PASS_CHARACTERS // max(len(window[0].text), 1)
            size = min(self._max_batch, max(fitting, 1))
            yield window[:size]
            window = window[size:]

    def _draw(self) -> list[Slot]:
        """Callers take turns, a batch each, so that a large call does not keep out small ones."""
        drawn: list[Slot] = []
        room = _WINDOW * self._max_batch
        while self._documents and room > len(drawn):
            call = self._documents.popleft()
            share = min(self._max_batch, len(call.unplanned), room - len(drawn))
            if call.future.done():
                continue
            drawn += [Slot(call, call.unplanned.popleft()) for _ in range(share)]
            if call.unplanned:
                self._documents.append(call)
        return drawn

    @staticmethod
    def _wanted(slots: list[Slot]) -> list[Slot]:
        return [slot for slot in slots if not slot.call.future.done()]
