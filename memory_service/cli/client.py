"""How commands speak to a running service: over REST, like any other client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memory_service.cli.errors import CommandFailed
from memory_service.cli.options import settings_of
from memory_service.settings import Settings

if TYPE_CHECKING:
    import httpx

#: Where `serve` listens unless told otherwise.
DEFAULT_PORT = 8000
DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"

Url = Annotated[str, typer.Option(help="The running service.")]
Key = Annotated[
    str | None, typer.Option(help="The API key; by default the one in the data directory.")
]


@contextmanager
def connected(url: str, key: str | None, data_dir: Path | None) -> Iterator[httpx.Client]:
    """A client of the service; raises CommandFailed without a key, or if nobody answers there."""
    import httpx

    secret = key or key_of(settings_of(data_dir))
    timeout = httpx.Timeout(60, read=None)
    headers = {"Authorization": f"Bearer {secret}"}
    try:
        with httpx.Client(base_url=url, headers=headers, timeout=timeout) as client:
            yield client
    except httpx.TransportError as error:
        raise CommandFailed(f"no answer from {url}: {error or type(error).__name__}") from error


def checked(answer: httpx.Response) -> httpx.Response:
    """The answer, if it is a good one; raises CommandFailed with what the problem document says."""
    if answer.is_success:
        return answer
    answer.read()
    try:
        problem: dict[str, Any] = answer.json()
        pointer = (problem.get("errors") or [{}])[0].get("pointer")
        line = f"{problem['code']}: {problem['detail']}" + (f" at {pointer}" if pointer else "")
    except (ValueError, KeyError):
        line = f"HTTP {answer.status_code}"
    raise CommandFailed(f"the service answered {line}")


def key_of(settings: Settings) -> str:
    """The admin key that is set, or that the first start wrote; raises CommandFailed."""
    if settings.admin_key is not None:
        return settings.admin_key.get_secret_value()
    path = key_file(settings)
    try:
        return path.read_text().strip()
    except OSError as error:
        raise CommandFailed(f"there is no key in {path}; give one with --key") from error


def key_file(settings: Settings) -> Path:
    """Where the first start writes the admin key."""
    return settings.stores.data_dir / "admin-key"
