"""Pictures of every page, with the demo's months of life in them: `make pictures`.

Run it after a change to the pages, and look at what comes out. With `--every` each page is taken
in both themes and at both widths, the whole of it; that is for looking, not for keeping.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.async_api import Browser, Page, async_playwright

from benchmarks.service import started
from tests.browser.conftest import CHROMIUMS
from tests.browser.visiting import DESKTOP, PHONE, Theme, visitor

#: What a picture in the documentation shows of a page.
WINDOW, POCKET = (1280, 800), PHONE
SPACE = "demo"
QUESTION = "Where+does+Mara+live+now"
_AS_WEBP = """
    async (png) => {
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      await image.decode();
      const canvas = Object.assign(document.createElement("canvas"),
        { width: image.naturalWidth, height: image.naturalHeight });
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", 0.8).split(",")[1];
    }"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """A page to be taken. `sizes` and `themes` are those that the documentation shows."""

    name: str
    path: str
    themes: tuple[Theme, ...] = ("light",)
    phone: bool = False


def sights(api: httpx.Client) -> list[Sight]:
    """Every page, with something on it."""
    at = f"/spaces/{SPACE}"
    told = _first(api, f"/v1/spaces/{SPACE}/memories", kind="profile", q="Ghent")
    session = _first(api, f"/v1/spaces/{SPACE}/sessions")
    runs = api.get(f"/v1/spaces/{SPACE}/runs").raise_for_status().json()["items"]
    run = next(one for one in runs if one["counts"].get("episodes"))
    ask = f"{at}/recall?query={QUESTION}"
    return [
        Sight(name="overview", path="/", themes=("light", "dark"), phone=True),
        Sight(name="memories", path=f"{at}/memories", phone=True),
        Sight(name="memory", path=f"{at}/memories/{told['id']}", themes=("light", "dark"),
              phone=True),
        Sight(name="closure", path=f"{at}/memories/{told['id']}/erase"),
        Sight(name="recall", path=ask, phone=True),
        Sight(name="compare", path=f"{ask}&compare=1&b_valid=2026-05-01"),
        Sight(name="graph", path=f"{at}/graph", themes=("light", "dark"), phone=True),
        Sight(name="timeline", path=f"{at}/timeline", phone=True),
        Sight(name="changes", path=f"{at}/changes?axis=valid&since=2026-05-01&until=2026-06-30"),
        Sight(name="conversations", path=f"{at}/conversations"),
        Sight(name="conversation", path=f"{at}/conversations/{session['session_id']}"),
        Sight(name="adapters", path=f"{at}/adapters"),
        Sight(name="jobs", path="/jobs"),
        Sight(name="runs", path=f"/runs?space={SPACE}"),
        Sight(name="run", path=f"/runs/{run['id']}"),
        Sight(name="spaces", path="/spaces"),
        Sight(name="policies", path=f"{at}/policies"),
        Sight(name="keys", path="/keys"),
        Sight(name="settings", path="/settings"),
    ]  # fmt: skip


async def take(url: str, key: str, folder: Path, *, every: bool) -> None:
    """Take them all, from the service at this address."""
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as api:
        wanted = sights(api)
    async with async_playwright() as playwright:
        found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for theme in ("light", "dark"):
            for size, suffix in ((DESKTOP if every else WINDOW, ""), (POCKET, "phone")):
                chosen = [s for s in wanted if every or _belongs(s, theme, suffix)]
                await _take(browser, f"{url}/admin", key, chosen, theme, size, folder, suffix,
                            whole=every)  # fmt: skip
        await browser.close()


def _belongs(sight: Sight, theme: Theme, suffix: str) -> bool:
    """Whether the documentation has this picture: on a phone light only."""
    return sight.phone and theme == "light" if suffix else theme in sight.themes


async def _take(
    browser: Browser, url: str, key: str, chosen: list[Sight], theme: Theme,
    size: tuple[int, int], folder: Path, suffix: str, *, whole: bool,
) -> None:  # fmt: skip
    if not chosen:
        return
    window = await visitor(browser, url, size, theme)
    await window.log_in_with(key)
    for sight in chosen:
        await window.open(sight.path)
        await _at_rest(window.page)
        parts = [sight.name, *([theme] if theme == "dark" else []), *([suffix] if suffix else [])]
        name = folder / "-".join(parts)
        picture = await window.page.screenshot(full_page=whole)
        if whole:
            name.with_suffix(".png").write_bytes(picture)
        else:
            name.with_suffix(".webp").write_bytes(await _small(browser, picture))
    await window.page.context.close()


async def _at_rest(page: Page) -> None:
    """Wait for what draws itself after the page has come."""
    if await page.locator("#graph").count():
        await page.wait_for_function("window.graphShown && window.graphShown.nodes().length")
    await page.wait_for_timeout(300)


async def _small(browser: Browser, picture: bytes) -> bytes:
    """The same as WebP, which is a third of the size."""
    page = await browser.new_page()
    made: str = await page.evaluate(_AS_WEBP, base64.b64encode(picture).decode())
    await page.close()
    return base64.b64decode(made)


def _first(api: httpx.Client, path: str, **params: str) -> dict[str, str]:
    found: dict[str, str] = api.get(path, params=params).raise_for_status().json()["items"][0]
    return found


def arguments() -> Namespace:
    """What is asked for."""
    parser = ArgumentParser(prog="python -m tests.browser.pictures", description=__doc__)
    parser.add_argument("--url", help="a running service with the demo in it; else one is started")
    parser.add_argument("--key", help="its admin key")
    parser.add_argument("--out", type=Path, default=Path("docs/dashboard"))
    parser.add_argument("--every", action="store_true", help="each page in every way, in full")
    return parser.parse_args()


@contextmanager
def demonstrated(given: Namespace) -> Iterator[tuple[str, str]]:
    """The address and key of a service that holds the demo."""
    if given.url:
        yield given.url, given.key
        return
    with started("local") as (client, _):
        url, key = str(client.base_url).rstrip("/"), client.headers["Authorization"].split()[1]
        command = Path(sys.executable).parent / "memory-service"
        subprocess.run([command, "demo", "--url", url, "--key", key], check=True)
        yield url, key


def main() -> None:
    """Take the pictures."""
    given = arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    with demonstrated(given) as (url, key):
        asyncio.run(take(url, key, given.out, every=given.every))


if __name__ == "__main__":
    main()
