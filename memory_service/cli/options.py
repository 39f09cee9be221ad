"""Options that several commands share, and the settings they make."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from memory_service.settings import Settings

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where the embedded database and the admin key live."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def settings_of(data_dir: Path | None) -> Settings:
    """The settings of the environment, with the options of the command line on top."""
    return Settings() if data_dir is None else Settings(data_dir=data_dir)
