"""Writes the sync client from the async one: `python sdk/generate_sync.py`.

Tokens are replaced and all between them is kept, so the result depends on nothing but the source.
"""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

PACKAGE = Path(__file__).parent / "src" / "memory_sdk"
SOURCE, TARGET = PACKAGE / "_async", PACKAGE / "_sync"

#: Names that differ otherwise than by a leading `Async`.
NAMES = {
    "_async": "_sync",
    "aclose": "close",
    "aiter_bytes": "iter_bytes",
    "aread": "read",
    "asyncio": "time",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
}
_DROPPED = {"async", "await"}
_IN_TEXT = re.compile(r"\b(?:async|await) |\bAsync(?=[A-Z])|\b(?:_async|aclose|asyncio)\b")


def to_sync(source: str) -> str:
    """The sync form of an async module's source."""
    starts = _line_starts(source)
    parts: list[str] = []
    copied = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        start = starts[token.start[0] - 1] + token.start[1]
        end = start + len(token.string)
        if token.type == tokenize.NAME and token.string in _DROPPED:
            parts.append(source[copied:start])
            copied = end + 1  # the space after it goes too
        elif (new := _replacement(token)) != token.string:
            parts += [source[copied:start], new]
            copied = end
    return "".join([*parts, source[copied:]])


def generate() -> dict[Path, str]:
    """The text of every file of the sync client."""
    return {TARGET / path.name: _file(path) for path in sorted(SOURCE.glob("*.py"))}


def main() -> None:
    """Write the files, and remove those whose source is gone."""
    files = generate()
    TARGET.mkdir(exist_ok=True)
    for stale in set(TARGET.glob("*.py")) - files.keys():
        stale.unlink()
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    print(f"{len(files)} files in {TARGET}")


def _file(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return f"# Generated from _async/{path.name} by generate_sync.py; change that.\n{to_sync(text)}"


def _line_starts(source: str) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _replacement(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.NAME:
        return NAMES.get(token.string, re.sub(r"^Async(?=[A-Z])", "", token.string))
    if token.type in {tokenize.STRING, tokenize.COMMENT}:
        return _IN_TEXT.sub(_in_text, token.string)
    return token.string


def _in_text(match: re.Match[str]) -> str:
    return NAMES.get(match[0], "")


if __name__ == "__main__":
    main()
