"""Whether the service is alive, ready, and how it does; what the problem codes mean."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from memory_service.api.problems import explanations

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Alive: the process answers."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"description": "Not ready, with the reasons."}})
async def readyz(request: Request) -> JSONResponse:
    """Ready: database, model and worker do their part; 503 with the reasons otherwise.

    `degraded`, if it is there, names what recall does without for now; that keeps nobody waiting.
    Nor does `chat`: which chat model is configured, what its server can do, why it did not answer.
    """
    runtime = request.app.state.runtime
    reasons: dict[str, str] = await runtime.reasons()
    degraded: dict[str, str] = runtime.degraded()
    chat: dict[str, Any] | None = runtime.chat()
    told = {**({"degraded": degraded} if degraded else {}), **({"chat": chat} if chat else {})}
    if not reasons:
        return JSONResponse({"status": "ready", "reasons": {}, **told})
    return JSONResponse({"status": "not-ready", "reasons": reasons, **told}, status_code=503)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Figures for Prometheus. They name no tenant and no space."""
    runtime = request.app.state.runtime
    await runtime.observe()
    return Response(generate_latest(runtime.metrics.registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/problems/{code}", response_class=PlainTextResponse)
async def explain_problem(code: str) -> PlainTextResponse:
    """What a problem code means and what to do about it."""
    known = explanations().get(code)
    if known is None:
        return PlainTextResponse("There is no such problem.\n", status_code=404)
    status, text = known
    return PlainTextResponse(f"{code} (HTTP {status})\n\n{text}\n")
