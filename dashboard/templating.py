"""Templates and what every one of them can use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request

from dashboard import formats
from dashboard.service import segment

FOLDER = Path(__file__).parent
THEMES = ("light", "dark")
THEME_COOKIE = "memory_theme"


class Templates:
    """Renders templates; each knows the menu, the address it stands at and the theme."""

    def __init__(self, menu: Sequence[object], version: str) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(formats.FILTERS)
        self._environment.filters["as_json"] = _as_json
        self._environment.filters["segment"] = segment
        self._environment.globals.update(menu=menu, version=version)

    def render(self, name: str, request: Request, *, status: int = 200, **context: Any) -> str:
        """One page as text."""
        root = request.scope.get("root_path", "")
        theme = request.cookies.get(THEME_COOKIE)
        return self._environment.get_template(name).render(
            url=lambda path: f"{root}{path}",
            here=lambda **changes: _here(request, changes),
            query=request.query_params,
            theme=theme if theme in THEMES else None,
            status=status,
            **context,
        )


def _here(request: Request, changes: dict[str, Any]) -> str:
    """The address of this page with other parameters; one that is None goes."""
    kept = [(k, v) for k, v in request.query_params.multi_items() if k not in changes and v]
    kept += [(k, str(v)) for k, v in changes.items() if v is not None]
    return f"?{urlencode(kept)}" if kept else "?"


def _as_json(value: Any) -> Markup:
    """JSON for an attribute in double quotes or the inside of a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    for raw, safe in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e"), ("'", "\\u0027")):
        text = text.replace(raw, safe)
    return Markup(text.replace('"', "&quot;"))  # noqa: S704 - all that HTML reads is escaped
