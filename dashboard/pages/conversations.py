"""Conversations: who said what, and what was drawn from each word of it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from dashboard.formats import day
from dashboard.page import Call, Group, Page, get

#: Episodes and derived memories that one page shows.
_EPISODES, _DERIVED = 100, 400
_PAGE = 200
#: What tells of a session as a whole, and so would stand beside every turn.
_WHOLE = ("event", "summary")


async def show(call: Call) -> Response:
    """The sessions of the space."""
    path = f"/v1/spaces/{call.space}/sessions"
    found = await call.service.get(path, cursor=call.query("cursor"), limit=30)
    return await call.render("conversations.html", found=found)


async def show_one(call: Call) -> Response:
    """One session with what was derived from each episode."""
    session_id = call.request.path_params["session_id"]
    spoken, derived = await asyncio.gather(_spoken(call, session_id), _derived(call, session_id))
    episodes, more = spoken
    episodes.sort(key=lambda episode: (episode["time"]["occurred_at"] or "", episode["id"]))
    quoting = _quoting(derived["items"])
    days = list(dict.fromkeys(day(episode["time"]["occurred_at"]) for episode in episodes))
    return await call.render(
        "conversation.html",
        session_id=session_id,
        turns=[_turn(episode, quoting[episode["id"]]) for episode in episodes],
        derived=derived,
        spoken=" – ".join(dict.fromkeys((days[0], days[-1]))) if days else None,
        one_day=len(days) == 1,
        without=_without_place(derived["items"], {episode["id"] for episode in episodes}),
        more=more,
    )


async def _spoken(call: Call, session_id: str) -> tuple[list[Any], bool]:
    """The episodes of a session as they were received; whether there are more."""
    path, kept = f"/v1/spaces/{call.space}/memories", list[Any]()
    cursor: str | None = None
    while len(kept) < _EPISODES:
        page = await call.service.get(
            path, session_id=session_id, type="episodic", cursor=cursor, limit=_PAGE
        )
        kept += [item for item in page["items"] if item["provenance"]["origin"] == "received"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    return kept[:_EPISODES], cursor is not None or len(kept) > _EPISODES


async def _derived(call: Call, session_id: str) -> Any:
    path = f"/v1/spaces/{call.space}/sessions/{quote(session_id, safe='')}/derived"
    found = await call.service.get(path, limit=_PAGE)
    cursor = found["next_cursor"]
    while cursor is not None and len(found["items"]) < _DERIVED:
        page = await call.service.get(path, cursor=cursor, limit=_PAGE)
        found["items"] += page["items"]
        cursor = page["next_cursor"]
    return found


def _quoting(items: list[Any]) -> dict[str, list[tuple[Any, list[int]]]]:
    """Per episode, the memories that quote it and the characters they do."""
    found: dict[str, list[tuple[Any, list[int]]]] = defaultdict(list)
    for memory in items:
        for evidence in memory["provenance"]["evidence"]:
            if memory["kind"] not in _WHOLE:
                found[evidence["episode_id"]].append((memory, evidence["span"]))
    return found


def _turn(episode: Any, quoting: list[tuple[Any, list[int]]]) -> dict[str, Any]:
    """An episode, the stretches of it that something rests on, and what that is."""
    content = episode["content"]
    memories = {memory["id"]: memory for memory, _ in quoting}
    return {
        "episode": episode,
        "speaker": episode["data"].get("speaker") or episode["data"].get("role") or "",
        "pieces": pieces(content, [(memory["id"], *span) for memory, span in quoting]),
        "derived": list(memories.values()),
    }


def pieces(content: str, spans: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    """A text cut wherever a stretch begins or ends, each piece with whose it is.

    What quotes the whole text marks nothing: it would hide what others quote of it.
    """
    parts = [s for s in spans if s[1] < s[2] and (s[1] > 0 or s[2] < len(content))]
    cuts = sorted({0, len(content), *(p for _, a, b in parts for p in (a, b) if p <= len(content))})
    return [
        {
            "text": content[start:end],
            "of": [one for one, a, b in parts if a <= start and end <= b],
        }
        for start, end in pairwise(cuts)
    ]


def _without_place(items: list[Any], shown: set[str]) -> list[Any]:
    """What rests on the session as a whole: events, summaries, entities, insights."""
    return [
        memory
        for memory in items
        if memory["kind"] in _WHOLE
        or not any(e["episode_id"] in shown for e in memory["provenance"]["evidence"])
    ]


PAGE = Page(
    name="conversations",
    title="Conversations",
    icon="conversations",
    key="c",
    order=50,
    group=Group.SPACE,
    actions=(
        get("/spaces/{space}/conversations", show),
        get("/spaces/{space}/conversations/{session_id:path}", show_one),
    ),
    scripts=("conversations.js",),
)
