"""The steps of the demo, each a few calls of the REST interface."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from memory_service.cli.client import checked
from memory_service.cli.demo_records import (
    Asked,
    Block,
    Corpus,
    Hit,
    Json,
    Processed,
    Question,
    Quote,
    Story,
    Then,
    Trail,
)
from memory_service.cli.errors import CommandFailed

if TYPE_CHECKING:
    import httpx

_BATCH = 50
_PER_KIND = 2
_BUDGET = 260
_FOREIGN = Question(text="At what temperature does tungsten melt?", evidence=(), about="foreign")
_PATIENCE_S = 600.0
#: What would come by itself within a day: it is there at once, for who looks at the dashboard.
_RIPENING = ("merge", "summarise", "communities", "cluster", "reflect", "blocks")
#: Told how much is done, of how much, of what.
Report = Callable[[int, int, str], None]


def tell(client: httpx.Client, corpus: Corpus, report: Report) -> Story:
    """Remember the corpus, wait until it is processed, and ask."""
    processed = _processed(client, corpus, report)
    asked = _ask_all(client, corpus, report)
    answerable = [a for a in asked if a.question.evidence]
    shown = _chosen(answerable)
    story = Story(
        processed=processed,
        asked=shown,
        foreign=_ask(client, corpus, _FOREIGN),
        absent=tuple(a for a in asked if not a.question.evidence),
        block=_block(client, corpus, shown[-1].question),
        trail=_trail(client, corpus, shown),
        then=_then(client, corpus, answerable),
        recall_at_10=sum(a.recall for a in answerable) / max(1, len(answerable)),
        questions=len(answerable),
    )
    _ripen(client, corpus, report)
    return story


def _ripen(client: httpx.Client, corpus: Corpus, report: Report) -> None:
    """Have summaries, communities and groups made, once all is told: they change no answer."""
    path = f"/v1/spaces/{corpus.space}/consolidate"
    checked(client.post(path, json={"jobs": list(_RIPENING)}))
    _wait(client, corpus, report, "Summarising, finding communities")


def _ask_all(client: httpx.Client, corpus: Corpus, report: Report) -> list[Asked]:
    asked: list[Asked] = []
    for question in corpus.questions:
        report(len(asked), len(corpus.questions), "Asking questions")
        asked.append(_ask(client, corpus, question))
    return asked


def _processed(client: httpx.Client, corpus: Corpus, report: Report) -> Processed:
    began = time.monotonic()
    counts = _remember(client, corpus, report)
    remembered = time.monotonic()
    status = _wait(client, corpus, report)
    return Processed(
        stored=counts.count("stored"),
        known=counts.count("duplicate"),
        episodes=status["episodes"],
        facts=status["memories"]["semantic"],
        failed_jobs=status["failed_jobs"],
        remember_s=round(remembered - began, 2),
        process_s=round(time.monotonic() - remembered, 2),
    )


def _remember(client: httpx.Client, corpus: Corpus, report: Report) -> list[str]:
    """Remember in batches; what an earlier run has stored is a duplicate."""
    total, states = len(corpus.episodes), list[str]()
    for start in range(0, total, _BATCH):
        batch = corpus.episodes[start : start + _BATCH]
        answer = client.post(f"/v1/spaces/{corpus.space}/episodes", json={"episodes": batch})
        states += [episode["status"] for episode in checked(answer).json()["episodes"]]
        report(len(states), total, "Remembering episodes")
    return states


def _wait(
    client: httpx.Client,
    corpus: Corpus,
    report: Report,
    title: str = "Extracting facts and embedding",
) -> Json:
    """Until nothing is pending; the bar shows how much of what is there has its embedding."""
    began = time.monotonic()
    while True:
        status: Json = checked(client.get(f"/v1/spaces/{corpus.space}/status")).json()
        total = sum(status["memories"].values())
        report(total - status["unembedded"], total, title)
        if status["failed_jobs"] or not (status["pending_jobs"] or status["unembedded"]):
            return status
        if time.monotonic() - began > _PATIENCE_S:
            raise CommandFailed(f"the jobs are not done after {_PATIENCE_S:.0f} s")
        time.sleep(0.1)


def _ask(client: httpx.Client, corpus: Corpus, question: Question, **more: Any) -> Asked:
    body = {"query": question.text, "k": 10, "explain": True, **more}
    answer = checked(client.post(f"/v1/spaces/{corpus.space}/recall", json=body)).json()
    return Asked(
        question=question,
        hits=tuple(_hit(hit, corpus, question) for hit in answer["hits"]),
        abstained=answer["abstained"],
        milliseconds=answer["timings_ms"].get("total", 0.0),
    )


def _chosen(asked: Sequence[Asked]) -> tuple[Asked, ...]:
    """Some questions of each kind, in the order of the corpus."""
    kinds = dict.fromkeys(a.question.about for a in asked)
    return tuple(a for kind in kinds for a in _of_kind(asked, kind)[:_PER_KIND])


def _of_kind(asked: Sequence[Asked], kind: str) -> list[Asked]:
    return [a for a in asked if a.question.about == kind]


def _hit(raw: Json, corpus: Corpus, question: Question) -> Hit:
    cube, passage = raw["memory"], raw["passage"]
    quotes = tuple(_quote(e, corpus) for e in cube["provenance"]["evidence"])
    own = cube["data"].get("external_id")
    sources = (own,) if own else tuple(dict.fromkeys(q.external_id for q in quotes))
    return Hit(
        id=cube["id"],
        kind=cube["kind"],
        date=_day(cube["time"]["occurred_at"] or cube["time"]["valid_at"]),
        speaker=cube["data"].get("speaker") or next((q.speaker for q in quotes), ""),
        text=passage["text"] if passage else cube["content"],
        relevance=raw["relevance"],
        reason=raw["reason"],
        quotes=quotes,
        sources=sources,
        known=not set(sources).isdisjoint(question.evidence),
    )


def _quote(evidence: Json, corpus: Corpus) -> Quote:
    episode = corpus.by_id.get(evidence["external_id"] or "", {})
    return Quote(
        external_id=evidence["external_id"] or "",
        text=evidence["quote"],
        speaker=episode.get("speaker", ""),
        date=_day(episode.get("occurred_at")),
    )


def _block(client: httpx.Client, corpus: Corpus, question: Question) -> Block:
    body = {"query": question.text, "budget_tokens": _BUDGET}
    answer = checked(client.post(f"/v1/spaces/{corpus.space}/context", json=body)).json()
    return Block(
        question=question.text,
        budget=_BUDGET,
        tokens=answer["tokens"],
        text=answer["text"],
        citations={c["marker"]: c["memory_id"] for c in answer["citations"]},
    )


def _trail(client: httpx.Client, corpus: Corpus, asked: Sequence[Asked]) -> Trail | None:
    """The lineage of the first fact among the hits, those that answer a question first."""
    hits = [hit for a in asked for hit in a.hits if hit.quotes]
    if not hits:
        return None
    fact = next((hit for hit in hits if hit.known), hits[0])
    path = f"/v1/spaces/{corpus.space}/memories/{fact.id}"
    cube = checked(client.get(path)).json()
    lineage = checked(client.get(f"{path}/lineage")).json()
    made = cube["provenance"]
    return Trail(
        fact=cube["content"],
        method=f"{made['method']['name']} {made['method']['version']}",
        run_id=made["run_id"],
        quotes=tuple(_quote(e, corpus) for e in made["evidence"]),
        episodes=tuple(source["content"] for source in lineage["sources"]),
    )


def _then(client: httpx.Client, corpus: Corpus, asked: Sequence[Asked]) -> Then | None:
    """A question whose answer has changed, asked as of the day before the last change."""
    for now in _of_kind(asked, "update"):
        times = sorted(corpus.by_id[name]["occurred_at"] for name in now.question.evidence)
        moment = datetime.fromisoformat(times[-1]) - timedelta(days=1)
        as_of = {"valid": moment.isoformat()}
        then = _ask(client, corpus, now.question, as_of=as_of)
        pair = (*then.hits[:1], *now.hits[:1])
        if len(pair) == 2 and pair[0].sources != pair[1].sources and all(h.known for h in pair):
            return Then(
                question=now.question.text, day=_day(as_of["valid"]), before=pair[0], after=pair[1]
            )
    return None


def _day(moment: str | None) -> str:
    return "" if moment is None else moment[:10]
