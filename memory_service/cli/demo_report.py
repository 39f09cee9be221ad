"""What the demo shows of its findings, in a terminal or as plain text."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from memory_service.cli.demo_records import (
    Asked,
    Block,
    Corpus,
    Hit,
    Processed,
    Story,
    Then,
    Trail,
    Where,
)

WIDTH = 100
_SHOWN = 3
_LONGEST = 180


def console() -> Console:
    """Standard output, no wider than is good to read."""
    found = Console(highlight=False)
    if not found.is_terminal or found.width > WIDTH:
        found = Console(highlight=False, width=WIDTH)
    return found


def show(out: Console, corpus: Corpus, story: Story) -> None:
    """The whole story."""
    for part in _parts(corpus, story):
        out.print(part)


def goodbye(out: Console, space: str, where: Where) -> None:
    """Where to go on from here."""
    table = Table.grid(padding=(0, 2))
    if where.stopped:
        table.add_row("Start it again", f"{sys.argv[0]} serve --data-dir {where.data_dir}")
    table.add_row("Dashboard, to look at it", f"{where.url}/admin/")
    table.add_row("API, to read and to try", f"{where.url}/docs")
    if where.data_dir is not None and where.key_file is not None:
        table.add_row("Data", where.data_dir)
        table.add_row("Admin key", where.key_file)
    out.print(_heading("Go on from here"))
    out.print(table, soft_wrap=True)
    secret = "$KEY" if where.key_file is None else f"$(cat {where.key_file})"
    call = (
        f"\ncurl -s {where.url}/v1/spaces/{space}/recall \\\n"
        f'  -H "Authorization: Bearer {secret}" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        '  -d \'{"query": "Where does Mara live?", "k": 3}\'\n'
    )
    out.print(Text(call, style="cyan"), soft_wrap=True)


def _parts(corpus: Corpus, story: Story) -> Iterator[RenderableType]:
    yield _heading(f"Remembered: {corpus.title}")
    yield _processed(story.processed)
    yield _heading("Asked, and the best three hits each ([green]✓[/] is known to hold the answer)")
    yield from map(_asked, story.asked)
    yield _heading("Asked something that nobody ever spoke of")
    yield _foreign(story)
    yield _heading("Packed for a model")
    yield _block(story.block)
    if story.trail is not None:
        yield _heading("Where a fact comes from")
        yield _trail(story.trail)
    if story.then is not None:
        yield _heading("What was true before, and what is true now")
        yield _then(story.then)
    yield _heading("How well it remembers")
    yield _quality(story)


def _heading(words: str) -> Text:
    return Text.from_markup(f"\n[bold]{words}[/]")


def _processed(found: Processed) -> RenderableType:
    table = Table("", "count", "seconds")
    for column in table.columns[1:]:
        column.justify = "right"
    known = f" ({found.known} known already)" if found.known else ""
    table.add_row(f"episodes{known}", str(found.episodes), f"{found.remember_s:.1f}")
    table.add_row("facts extracted, all embedded", str(found.facts), f"{found.process_s:.1f}")
    table.add_row("failed jobs", str(found.failed_jobs), "")
    return table


def _asked(asked: Asked) -> RenderableType:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=1)
    table.add_column(width=10)
    table.add_column(width=9, no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(width=4, justify="right")
    for hit in asked.hits[:_SHOWN]:
        mark = Text("✓" if hit.known else "", style="green")
        table.add_row(mark, hit.date, hit.speaker, Group(*_said(hit)), f"{hit.relevance:.2f}")
    if not asked.hits:
        table.add_row("", "", "", Text("nothing relevant", style="red"), "")
    title = Text(f"\n{asked.question.text}", style="bold cyan")
    title.append(f"  {asked.milliseconds:.0f} ms", style="dim")
    return Group(title, table)


def _said(hit: Hit) -> Iterator[Text]:
    label = f"{hit.kind}: " if hit.quotes or hit.kind != "message" else ""
    yield Text(label + _short(hit.text))
    for quote in hit.quotes[:1]:
        yield Text(f"from “{_short(quote.text)}” ({quote.speaker}, {quote.external_id})",
                   style="dim")  # fmt: skip
    yield Text(f"why: {hit.reason}", style="dim italic")


def _foreign(story: Story) -> RenderableType:
    asked, near = story.foreign, story.absent
    said = "abstained: nothing it remembers bears on that" if asked.abstained else "it guessed"
    silent = sum(a.abstained for a in near)
    return Group(
        Text.assemble((asked.question.text, "bold cyan"), f"\n{said}"),
        Text(
            f"Of {len(near)} questions about people it knows, but things they never said, it left "
            f"{silent} unanswered.",
            style="dim",
        ),
    )


def _block(block: Block) -> RenderableType:
    legend = "".join(f"\n{marker} {memory_id}" for marker, memory_id in block.citations.items())
    return Group(
        Text(block.question, style="bold cyan"),
        Panel(Text(block.text), title=f"{block.tokens} tokens of {block.budget}"),
        Text(f"citations:{legend}", style="dim"),
    )


def _trail(trail: Trail) -> RenderableType:
    lines = [Text.assemble(("fact     ", "dim"), trail.fact)]
    lines.append(Text(f"made by  {trail.method}, run {trail.run_id}", style="dim"))
    for quote in trail.quotes:
        whose = f"{quote.speaker}, {quote.date}, {quote.external_id}"
        lines.append(Text.assemble(("quote    ", "dim"), f"“{quote.text}” ({whose})"))
    lines += [Text.assemble(("episode  ", "dim"), _short(words)) for words in trail.episodes]
    return Group(*lines)


def _then(then: Then) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for label, hit in ((f"as of {then.day}", then.before), ("today", then.after)):
        table.add_row(Text(label, style="dim"), hit.date, hit.speaker, _short(hit.text))
    return Group(Text(then.question, style="bold cyan"), table)


def _quality(story: Story) -> Text:
    share = f"{story.recall_at_10:.0%}"
    return Text.assemble(
        ("Evidence recall@10 ", "dim"),
        (share, "bold green"),
        f" over {story.questions} questions: the share of the episodes with the answer that is "
        "among the first ten hits.",
    )


def _short(words: str) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1].rstrip()}…"
