"""Which hits are worth their tokens, and which sentences of them: the most gain per token first.

The gain of a hit is its share in all the relevance there is to be had: of what bears on the
question, so much is expected to be in it. A memory that repeats what is chosen gains less, one
that rests on the same episodes nothing. The order of steps does not depend on the budget, so that
what a smaller budget takes of it without a gap, a larger one takes too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from retrieval.packing import rendering
from retrieval.packing.records import Packable
from retrieval.packing.sentences import IDLE, Sentence, excerpt, excerpt_tokens, sentences
from retrieval.packing.tokens import count_tokens
from stores.ids import MemoryId
from stores.lexical import terms
from stores.records import MemoryType

#: What a token must gain, in shares of all relevance; see docs/retrieval.md for how it was chosen.
PRICE = 0.0002
#: Of a hit's gain, what it has by being there at all; the rest comes with its sentences.
PRESENCE = 0.4
#: How much of its gain a hit loses whose every term has been told already.
REPEATED = 0.2
#: A question counts with this part of its answer's relevance once the answer is chosen.
ASKED = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A hit as it may be shown, by sentences, and the steps in which it can grow."""

    hit: Packable
    parts: tuple[Sentence, ...]
    heading: str
    heading_cost: int
    #: Sentences by number, after each step; the gain per relevance of each step.
    steps: tuple[frozenset[int], ...]
    gains: tuple[float, ...]
    #: Tokens of the line after each step.
    costs: tuple[int, ...]
    terms: frozenset[str]
    #: The episodes it rests on.
    sources: frozenset[MemoryId]

    def words(self, step: int) -> str:
        """What is shown of it after a step."""
        return excerpt(self.parts, self.steps[step])


#: A line by its number, and which of its steps.
Step = tuple[int, int]


def lines_of(hits: Sequence[Packable], asked: Collection[str], *, whole: bool) -> list[Line]:
    """A line per hit that has something to show; `whole`: it is shown in one step or not at all."""
    answered = {hit.before for hit in hits}
    # Whoever talks is named all the time; that tells nothing.
    asked = frozenset(asked).difference(*(_names(hit) for hit in hits))
    made = []
    for hit in hits:
        text = rendering.shown(hit)
        parts = sentences(text, asked, answered=hit.memory.id in answered)
        if parts:
            made.append(_line(hit, parts, len(hits), whole=whole))
    return made


def order(lines: Sequence[Line], price: float) -> list[Step]:
    """Steps by falling gain per token, as long as that is worth the price; the best hit first."""
    return list(_Order(lines, price).steps())


def fit(lines: Sequence[Line], steps: Sequence[Step], budget: int) -> dict[int, int]:
    """The last step of every line that is shown; a step too long makes room for those behind it."""
    left = budget - count_tokens(rendering.OPENING) - count_tokens(rendering.CLOSING)
    taken: dict[int, int] = {}
    headings: set[str] = set()
    for number, step in steps:
        line = lines[number]
        if step != taken.get(number, -1) + 1:
            continue
        cost = line.costs[step] - (line.costs[step - 1] if step else 0)
        if line.heading not in headings:
            cost += line.heading_cost
        if cost <= left:
            left -= cost
            taken[number] = step
            headings.add(line.heading)
    return taken


class _Order:
    """The state of one greedy choice."""

    def __init__(self, lines: Sequence[Line], price: float) -> None:
        self._lines = lines
        self._price = price
        most = sum(line.hit.relevance for line in lines) or 1.0
        self._worth = [line.hit.relevance / most for line in lines]
        self._next = [0] * len(lines)
        self._told: set[str] = set()
        self._repeats = [0] * len(lines)
        self._holders = _holders(lines)
        self._place = {line.hit.memory.id: number for number, line in enumerate(lines)}
        self._sources: set[MemoryId] = set()
        self._headings: set[str] = set()

    def steps(self) -> Iterator[Step]:
        """Step by step, until nothing is worth its tokens."""
        number = 0 if self._lines else None
        while number is not None:
            yield number, self._next[number]
            self._take(number)
            number = self._best()

    def _best(self) -> int | None:
        open_ = (n for n, line in enumerate(self._lines) if self._next[n] < len(line.steps))
        best = max(((self._density(n), -n) for n in open_), default=(-1.0, 0))
        return -best[1] if best[0] >= self._price else None

    def _density(self, number: int) -> float:
        """What the next step of a line gains per token."""
        line, step = self._lines[number], self._next[number]
        gain = self._worth[number] * line.gains[step]
        if step:
            return gain / max(line.costs[step] - line.costs[step - 1], 1)
        if line.sources <= self._sources:
            return 0.0
        if line.terms:
            gain *= 1 - REPEATED * self._repeats[number] / len(line.terms)
        heading = 0 if line.heading in self._headings else line.heading_cost
        return gain / (line.costs[0] + heading)

    def _take(self, number: int) -> None:
        line, step = self._lines[number], self._next[number]
        self._next[number] += 1
        self._sources |= line.sources
        self._headings.add(line.heading)
        for part in line.steps[step]:
            self._tell(line.parts[part].terms)
        asking = self._place.get(line.hit.before) if line.hit.before else None
        if asking is not None and _asks(self._lines[asking]):
            self._worth[asking] = max(self._worth[asking], ASKED * self._worth[number])

    def _tell(self, told: frozenset[str]) -> None:
        for term in told - self._told:
            self._told.add(term)
            for holder in self._holders[term]:
                self._repeats[holder] += 1


def _holders(lines: Sequence[Line]) -> Mapping[str, list[int]]:
    """The lines by the terms they hold."""
    holders: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        for term in line.terms:
            holders[term].append(number)
    return holders


def _line(hit: Packable, parts: tuple[Sentence, ...], widest: int, *, whole: bool) -> Line:
    # The widest marker it can get, so that numbering later cannot break the budget.
    around = count_tokens(rendering.line_of(widest, hit.memory, ""))
    heading = rendering.heading_of(hit.memory)
    everything = frozenset(range(len(parts)))
    steps = (everything,) if whole else _steps(parts, around)
    total = sum(part.weight for part in parts)
    shares = [sum(parts[n].weight for n in kept) / total for kept in steps]
    told = [0.0, *shares[:-1]]
    gains = [(1 - PRESENCE) * (now - then) for now, then in zip(shares, told, strict=True)]
    gains[0] += PRESENCE
    return Line(
        hit=hit,
        parts=parts,
        heading=heading,
        heading_cost=count_tokens(heading),
        steps=steps,
        gains=tuple(gains),
        costs=tuple(around + excerpt_tokens(parts, kept) for kept in steps),
        terms=frozenset[str]().union(*(part.terms for part in parts)),
        sources=_sources(hit),
    )


def _steps(parts: Sequence[Sentence], around: int) -> tuple[frozenset[int], ...]:
    """First the sentences that together gain most per token of the line, then one by one.

    Those that tell nothing are no step, unless there is nothing else.
    """
    telling = [n for n, part in enumerate(parts) if part.weight >= IDLE] or range(len(parts))
    ranked = sorted(telling, key=lambda n: (-parts[n].weight / (parts[n].tokens + 1), n))
    grown = [frozenset(ranked[: n + 1]) for n in range(len(ranked))]
    total = sum(part.weight for part in parts)

    def density(kept: frozenset[int]) -> float:
        share = sum(parts[n].weight for n in kept) / total
        cost = around + excerpt_tokens(parts, kept)
        return (PRESENCE + (1 - PRESENCE) * share) / cost

    first = max(range(len(grown)), key=lambda n: (density(grown[n]), n))
    return tuple(grown[first:])


def _names(hit: Packable) -> list[str]:
    """The terms in the names of who says it and of whom it is about."""
    said = (hit.memory.data.get(name) for name in ("speaker", "subject"))
    return [term for name in said if isinstance(name, str) for term in terms(name)]


def _asks(line: Line) -> bool:
    return any(part.text.endswith("?") for part in line.parts)


def _sources(hit: Packable) -> frozenset[MemoryId]:
    """The episodes a memory rests on; itself, if it is one or rests on none."""
    cube = hit.memory
    if cube.type is MemoryType.EPISODIC:
        return frozenset({cube.id})
    return frozenset(evidence.episode_id for evidence in cube.provenance.evidence) or frozenset(
        {cube.id}
    )
