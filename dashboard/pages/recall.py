"""The recall lab: what a question brings and why, under one setting or two side by side."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from starlette.responses import Response

from dashboard.lab import MODES, PARTS, Setting, Side, contributions, places
from dashboard.page import Call, Group, Page, get, post
from dashboard.pages.memories import TYPES
from dashboard.service import segment

_AT = "/spaces/{space}/recall"


async def show(call: Call) -> Response:
    """The form and, once something is asked, the answers."""
    asked, params = call.query("query"), call.request.query_params
    settings = [Setting.of(params, "")]
    if call.query("compare"):
        settings.append(Setting.of(params, "b_"))
    sides = await asyncio.gather(*(_side(call, asked, one) for one in settings)) if asked else []
    if len(sides) == 2:
        sides = [_beside(sides[0], sides[1]), _beside(sides[1], sides[0])]
    return await call.render(
        "recall.html", asked=asked, settings=settings, sides=sides, modes=MODES, parts=PARTS,
        types=TYPES,
    )  # fmt: skip


async def why(call: Call) -> Response:
    """Why one memory is among the answer, or is not."""
    params = call.request.query_params
    setting = Setting.of(params, call.query("side") or "")
    wanted = segment((call.query("memory_id") or "").rstrip("/").rpartition("/")[2])
    asked = call.query("query") or ""
    found = await call.service.post(
        f"/v1/spaces/{call.space}/why", {**setting.body(asked), "memory_id": wanted}
    )
    memory = await call.service.get(f"/v1/spaces/{call.space}/memories/{wanted}")
    parts = contributions({n: (f["value"], f["weight"]) for n, f in found["features"].items()})
    return await call.render("why.html", found=found, memory=memory, parts=parts, asked=asked)


async def feedback(call: Call) -> Response:
    """Say which of the hits served."""
    form = await call.form()
    given = {name: value for name, value in form.items() if name.startswith("hit-")}
    said = {
        verdict: [name.removeprefix("hit-") for name, value in given.items() if value == verdict]
        for verdict in ("used", "irrelevant")
    }
    back = f"/spaces/{call.space}/recall?{form.get('back', '')}"
    if not said["used"] and not said["irrelevant"]:
        return call.redirect(back, "Say of a hit whether it served.", "warn")
    await call.service.post(f"/v1/recalls/{segment(form.get('recall_id', ''))}/feedback", said)
    return call.redirect(back, "Thank you: the ranking of this space learns from it.")


async def _side(call: Call, asked: str, setting: Setting) -> Side:
    at, body = f"/v1/spaces/{call.space}", setting.body(asked)
    recall, context = await asyncio.gather(
        call.service.post(f"{at}/recall", body),
        call.service.post(
            f"{at}/context", {**body, "k": max(setting.k, 20), "budget_tokens": setting.budget}
        ),
    )
    side = Side(setting=setting, recall=recall, context=context)
    if not recall["hits"]:
        return side
    # The weights are those of the space, the same for every hit.
    first = {**body, "memory_id": recall["hits"][0]["memory"]["id"]}
    features = (await call.service.post(f"{at}/why", first))["features"]
    return replace(side, weights={name: one["weight"] for name, one in features.items()})


def _beside(side: Side, other: Side) -> Side:
    return replace(side, ranks=places(other.recall["hits"]))


PAGE = Page(
    name="recall",
    title="Recall lab",
    icon="recall",
    key="r",
    order=20,
    group=Group.SPACE,
    actions=(
        get(_AT, show),
        get(f"{_AT}/why", why),
        post(f"{_AT}/feedback", feedback),
    ),
)
