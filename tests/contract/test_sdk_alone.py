"""The SDK installs and imports with nothing of the server's dependencies."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SDK = Path(__file__).parents[2] / "sdk"
LOOK = """
import importlib.metadata, json, sys
import memory_sdk
installed = [d.metadata["Name"].lower() for d in importlib.metadata.distributions()]
print(json.dumps({"installed": installed, "loaded": list(sys.modules)}))
"""
SERVER_ONLY = ["torch", "sqlalchemy", "fastapi", "numpy", "psycopg"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is installed and loaded where only the SDK was asked for."""
    home = tmp_path_factory.mktemp("alone") / "venv"
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    python = home / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", SDK], check=True)
    # Isolated, so that neither PYTHONPATH nor the working directory lends it anything.
    look = subprocess.run([python, "-I", "-c", LOOK], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(look.stdout)
    return found


def test_it_imports_alone(alone: dict[str, Any]) -> None:
    assert "memory-sdk" in alone["installed"]
    assert "memory_sdk" in alone["loaded"]


@pytest.mark.parametrize("name", SERVER_ONLY)
def test_nothing_of_the_server_comes_along(alone: dict[str, Any], name: str) -> None:
    assert name not in alone["installed"]
    assert name not in alone["loaded"]
