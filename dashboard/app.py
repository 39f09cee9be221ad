"""The dashboard as an ASGI app: who is logged in, the pages, files, and what a browser may do."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from urllib.parse import urlencode, urlsplit

import httpx
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import pages
from dashboard.page import Action, Call, Page, Principal, form_of
from dashboard.service import BASE_URL, Refused, Service
from dashboard.sessions import COOKIE, IDLE_S, Session, Sessions
from dashboard.templating import FOLDER, Templates

Endpoint = Callable[[Request], Awaitable[Response]]
_NOTHING = Page(name="", title="", actions=(), in_menu=False)
#: Everything comes from this server; styles and scripts only from files.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
}
_FILES_S = 3600
#: What the service takes for a space's name; nothing in it leads to another address.
_SPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,127}")


class Dashboard:
    """Answers requests of browsers with the answers of a service's REST API."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._client = httpx.AsyncClient(transport=transport, base_url=BASE_URL)
        self._sessions = Sessions()
        self._pages = pages.load()
        menu = sorted((page for page in self._pages if page.in_menu), key=lambda page: page.order)
        self._templates = Templates(menu, version("memory-service"))

    def app(self) -> ASGIApp:
        """The app, to be mounted."""
        routes = [
            Route("/login", self._login_page, methods=["GET"]),
            Route("/login", self._login, methods=["POST"]),
            Route("/logout", self._logout, methods=["POST"]),
            Route("/go", self._go, methods=["GET"]),
            *(self._route(page, action) for page in self._pages for action in page.actions),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
        ]
        # What is not foreseen goes on to the service, which logs and answers it in one place.
        return Guarded(ExceptionMiddleware(Router(routes), {HTTPException: self._not_there}))

    def _route(self, page: Page, action: Action) -> Route:
        async def answer(request: Request) -> Response:
            return await self._answer(request, page, action)

        return Route(action.path, answer, methods=[action.method])

    async def _answer(self, request: Request, page: Page, action: Action) -> Response:
        session = self._session(request)
        if session is None:
            return self._to_login(request)
        if not _SPACE.fullmatch(request.path_params.get("space", "any")):
            raise HTTPException(404)
        try:
            call = await self._call(request, session, page)
            if action.method == "POST" and not await _is_ours(request, session):
                return await self._problem(call, 403, "This form was not made by your session.")
            if not call.principal.may(action.role):
                return await self._problem(call, 403, f"This needs the role {action.role}.")
            return await action.handler(call)
        except Refused as refused:
            return await self._refused(request, session, page, refused)

    async def _call(self, request: Request, session: Session, page: Page) -> Call:
        service = Service(self._client, session.key)
        who = await service.get("/v1/principal")
        return Call(
            request=request,
            service=service,
            session=session,
            principal=Principal(name=who["name"], role=who["role"], spaces=who["spaces"]),
            templates=self._templates,
            page=page,
        )

    async def _refused(
        self, request: Request, session: Session, page: Page, refused: Refused
    ) -> Response:
        if refused.status == 401:
            self._sessions.end(session)
            return self._to_login(request)
        try:
            call = await self._call(request, session, page)
            return await self._problem(call, refused.status, refused.detail, refused.code)
        except Refused:
            return self._bare(request, refused.status, refused.detail)

    async def _problem(
        self, call: Call, status: int, detail: str, code: str = "not-permitted"
    ) -> Response:
        """The error as a page; for a request of a script, as a line for its `aria-live` region."""
        if "hx-request" in call.request.headers:
            return HTMLResponse(detail, status, headers={"content-type": "text/plain"})
        return await call.render("problem.html", status=status, detail=detail, code=code)

    def _bare(self, request: Request, status: int, detail: str) -> Response:
        html = self._templates.render(
            "bare.html", request, status=status, page=_NOTHING, detail=detail
        )
        return HTMLResponse(html, status)

    async def _not_there(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        session = self._session(request)
        if session is None:
            return self._bare(request, status, "There is no such page.")
        try:
            call = await self._call(request, session, _NOTHING)
            return await self._problem(call, status, "There is no such page.", "not-found")
        except Refused as refused:
            return self._bare(request, refused.status, refused.detail)

    def _session(self, request: Request) -> Session | None:
        return self._sessions.find(request.cookies.get(COOKIE))

    def _to_login(self, request: Request) -> Response:
        """To the login, and back here after it."""
        root = request.scope.get("root_path", "")
        to = f"{root}/login"
        if request.method == "GET":
            wanted = request.url.path.removeprefix(root)
            if request.url.query:
                wanted += f"?{request.url.query}"
            to += f"?{urlencode({'next': wanted})}"
        if "hx-request" in request.headers:
            return Response(status_code=204, headers={"HX-Redirect": to})
        return RedirectResponse(to, 303)

    async def _login_page(self, request: Request) -> Response:
        if self._session(request) is not None:
            return RedirectResponse(f"{request.scope.get('root_path', '')}/", 303)
        return self._login_form(request)

    def _login_form(self, request: Request, *, status: int = 200, error: str = "") -> Response:
        html = self._templates.render(
            "login.html",
            request,
            status=status,
            page=_NOTHING,
            error=error,
            next=request.query_params.get("next", ""),
        )
        return HTMLResponse(html, status)

    async def _login(self, request: Request) -> Response:
        if not _same_origin(request):
            return self._login_form(request, status=403, error="Log in from this page.")
        key = str((await form_of(request)).get("key", "")).strip()
        try:
            await Service(self._client, key).get("/v1/principal")
        except Refused as refused:
            said = "No such key, or it has expired." if refused.status == 401 else refused.detail
            return self._login_form(request, status=refused.status, error=said)
        session = self._sessions.begin(key)
        root = request.scope.get("root_path", "")
        answer = RedirectResponse(f"{root}{_local(request.query_params.get('next'))}", 303)
        answer.set_cookie(
            COOKIE,
            session.id,
            max_age=IDLE_S,
            path=root or "/",
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    async def _go(self, request: Request) -> Response:
        """To the same page of another space."""
        wanted, space = request.query_params.get("page"), request.query_params.get("space", "")
        found = next((page for page in self._pages if page.name == wanted and page.in_menu), None)
        path = found.path(space) if found is not None and space else "/"
        return RedirectResponse(f"{request.scope.get('root_path', '')}{path}", 303)

    async def _logout(self, request: Request) -> Response:
        root = request.scope.get("root_path", "")
        session = self._session(request)
        if session is not None and await _is_ours(request, session):
            self._sessions.end(session)
        answer = RedirectResponse(f"{root}/login", 303)
        answer.delete_cookie(COOKIE, path=root or "/")
        return answer


async def _is_ours(request: Request, session: Session) -> bool:
    """Whether a POST carries the session's token, in the header of a script or in the form."""
    given = request.headers.get("x-csrf-token") or (await form_of(request)).get("csrf", "")
    return _same_origin(request) and session.is_from(str(given))


def _same_origin(request: Request) -> bool:
    """Whether the page that sent this is ours, as far as the browser says."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _local(wanted: str | None) -> str:
    """Where to go after the login: a path of the dashboard, never another server's address."""
    is_path = wanted is not None and wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if wanted is not None and is_path else "/"


class Guarded:
    """Adds the headers that limit what a browser does with an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                is_file = "/static/" in scope["path"]
                kept = f"max-age={_FILES_S}" if is_file else "no-store"
                added = {**_HEADERS, "cache-control": f"private, {kept}"}
                message["headers"] = [
                    *(pair for pair in message["headers"] if pair[0].decode() not in added),
                    *((name.encode(), value.encode()) for name, value in added.items()),
                ]
            await send(message)

        await self._app(scope, receive, answer)


def create_app(transport: httpx.AsyncBaseTransport) -> ASGIApp:
    """The dashboard over the REST API that this transport reaches."""
    return Dashboard(transport).app()
