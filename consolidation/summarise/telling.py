"""A summary in words: a title, then lines that each rest on characters of an episode. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from consolidation.summarise.candidates import Candidate, Told, candidates
from consolidation.summarise.choose import choose
from stores.ids import MemoryId
from stores.records import EvidenceLink, Span
from stores.summaries import Level

#: Characters of a summary, its title included.
BUDGETS: Mapping[Level, int] = {Level.DAY: 600, Level.MONTH: 1200, Level.SPACE: 2000}
#: How the day of a line is told where the title does not tell it.
_DAYS: Mapping[Level, str] = {Level.DAY: "", Level.MONTH: "{0.day} {0:%B}, ",
                              Level.SPACE: "{0.day} {0:%B %Y}, "}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of a summary, and what it rests on."""

    text: str
    cites: tuple[tuple[MemoryId, Span], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """What a summary says."""

    title: str
    lines: tuple[Line, ...]

    @property
    def content(self) -> str:
        """The title and the lines below it."""
        return "\n".join([self.title, *(line.text for line in self.lines)])

    @property
    def cites(self) -> list[list[list[Any]]]:
        """What each line rests on, as it is kept with the summary."""
        return [
            [[str(episode), span.start, span.end] for episode, span in line.cites]
            for line in self.lines
        ]

    def evidence(self, **more: Any) -> tuple[EvidenceLink, ...]:
        """All that it rests on, each once."""
        cited = dict.fromkeys(cite for line in self.lines for cite in line.cites)
        return tuple(EvidenceLink(episode_id=i, span=span, **more) for i, span in cited)


def extract(level: Level, turns: Sequence[Told]) -> Summary:
    """The summary of turns in their own words."""
    title = title_of(level, turns)
    chosen = pick(level, turns, budget=BUDGETS[level] - len(title))
    lines = [
        Line(text=line_of(level, one, one.text), cites=((one.turn.id, one.span),)) for one in chosen
    ]
    return Summary(title=title, lines=tuple(lines))


def pick(level: Level, turns: Sequence[Told], *, budget: int) -> tuple[Candidate, ...]:
    """The sentences that tell most of the turns in lines of so many characters together."""
    # One for the end of the line before.
    return choose(
        candidates(turns), budget=budget, cost=lambda one: len(line_of(level, one, one.text)) + 1
    )


def line_of(level: Level, said: Candidate, text: str) -> str:
    """When and by whom it was said, and what."""
    day = _DAYS[level].format(said.turn.occurred_at.astimezone(UTC))
    return f"{day}{said.turn.speaker}: {text}" if said.turn.speaker else f"{day}{text}"


def title_of(level: Level, turns: Sequence[Told]) -> str:
    """The time that a summary tells of."""
    days = sorted(turn.occurred_at.astimezone(UTC).date() for turn in turns)
    if level is Level.MONTH:
        return f"{days[0]:%B %Y}"
    first, last = _day(days[0]), _day(days[-1])
    return first if first == last else f"{first} to {last}"


def span_of(turns: Sequence[Told]) -> tuple[datetime, datetime]:
    """When the first and the last of the turns were said."""
    moments = [turn.occurred_at for turn in turns]
    return min(moments), max(moments)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
