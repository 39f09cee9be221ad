"""What a page is made of: routes of its own, its place in the menu, and what handlers are given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import parse_qsl, quote

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from dashboard.service import Service
from dashboard.sessions import Flash, Session
from dashboard.templating import Templates

ROLES = ("reader", "writer", "admin")

#: The fields of a form, some perhaps several times.
Form = ImmutableMultiDict[str, str]


class Group(StrEnum):
    """Where in the menu a page stands: with the whole tenant, or with one space."""

    TENANT = "tenant"
    SPACE = "space"


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """Whoever is logged in."""

    name: str
    role: str
    spaces: list[str] | None

    def may(self, role: str) -> bool:
        """Whether controls for this role are shown; the service decides by itself."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request of somebody who is logged in."""

    request: Request
    service: Service
    session: Session
    principal: Principal
    templates: Templates
    page: Page

    @property
    def space(self) -> str:
        """The space that the address names."""
        name: str = self.request.path_params["space"]
        return name

    def query(self, name: str) -> str | None:
        """A parameter of the address; None if it is not there or empty."""
        return self.request.query_params.get(name, "").strip() or None

    async def form(self) -> Form:
        """What was sent with a POST."""
        return await form_of(self.request)

    def url(self, path: str) -> str:
        """An address of the dashboard, from one that begins at its root."""
        return f"{self.request.scope.get('root_path', '')}{path}"

    async def render(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """The page as HTML. A template extends `base.html` and fills the block `content`."""
        spaces = await self.service.get("/v1/spaces", limit=200)
        names = [space["name"] for space in spaces["items"]]
        at = self.request.path_params.get("space")
        if at is not None:
            self.session.space = at
        elif self.session.space not in names:
            self.session.space = names[0] if names else None
        html = self.templates.render(
            template,
            self.request,
            status=status,
            page=self.page,
            principal=self.principal,
            csrf=self.session.csrf,
            spaces=names,
            space=at,
            at_space=self.session.space,
            flashes=self.session.take_flashes(),
            **context,
        )
        return HTMLResponse(html, status)

    def json(self, value: Any) -> JSONResponse:
        """Data for a script of a page."""
        return JSONResponse(value)

    def redirect(self, path: str, said: str | None = None, tone: str = "good") -> Response:
        """To another page of the dashboard, with a line to show there."""
        if said is not None:
            self.session.flashes.append(Flash(text=said, tone=tone))
        return RedirectResponse(self.url(path), 303)


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """What answers one method of one address; a POST is refused without the session's token."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    role: str = "reader"


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A page: its first action is what the menu leads to. `order` sorts the menu of a group.

    With `in_menu` false it is reached from other pages only, and `under` names the page of
    the menu it belongs to. `key` goes there after the key g. `scripts` are files in `static/` that
    it needs, after `app.js`.
    """

    name: str
    title: str
    actions: tuple[Action, ...]
    group: Group = Group.TENANT
    icon: str = "dot"
    key: str = ""
    order: int = 100
    in_menu: bool = True
    under: str | None = None
    role: str = "reader"
    scripts: tuple[str, ...] = ()

    def path(self, space: str | None) -> str:
        """Where the menu leads."""
        return self.actions[0].path.replace("{space}", quote(space or "", safe=""))


def get(path: str, handler: Handler, **more: Any) -> Action:
    """Answer GET."""
    return Action(method="GET", path=path, handler=handler, **more)


def post(path: str, handler: Handler, *, role: str = "writer") -> Action:
    """Answer POST; by default for writers."""
    return Action(method="POST", path=path, handler=handler, role=role)


async def form_of(request: Request) -> Form:
    """The fields of a form, of which dashboards send none but plain ones."""
    sent = (await request.body()).decode("utf-8", "replace")
    return ImmutableMultiDict(parse_qsl(sent, keep_blank_values=True))
