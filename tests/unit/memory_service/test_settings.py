"""Settings come from MEMORY_ variables alone, and one that is not known stops the start."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from memory_service.settings import Settings


def test_defaults_need_no_variable() -> None:
    settings = Settings()
    assert settings.database_url is None
    assert settings.worker.enabled
    assert settings.stores.data_dir == Path("data").resolve()


def test_variables_reach_into_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMORY_DATA_DIR", "/somewhere")
    monkeypatch.setenv("MEMORY_EMBEDDING__BACKEND", "hash")
    monkeypatch.setenv("MEMORY_CROSS_ENCODER__BACKEND", "local")
    monkeypatch.setenv("MEMORY_CROSS_ENCODER__MODEL", "some/name")
    monkeypatch.setenv("MEMORY_LIMITS__BATCH", "7")
    monkeypatch.setenv("MEMORY_STORE__POOL_SIZE", "3")
    settings = Settings()
    assert settings.data_dir == Path("/somewhere")
    assert settings.embedding.backend == "hash"
    assert settings.cross_encoder.model == "some/name"
    assert settings.limits.batch == 7
    assert settings.stores.pool_size == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEMORY_DATABSE_URL", "postgresql://x"),
        ("memory_nonsense", "1"),
        ("MEMORY_LIMITS__BATHC", "7"),
        ("MEMORY_LIMITS__BATCH", "0"),
        ("MEMORY_WORKER__CONCURRENCY", "many"),
        ("MEMORY_EMBEDDING__BACKEND", "magic"),
    ],
)
def test_what_is_not_known_or_not_valid_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()


def test_an_unknown_setting_of_the_store_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMORY_STORE__POOL_SIEZ", "3")
    with pytest.raises(ValidationError):
        _ = Settings().stores


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMORY_ADMIN_KEY", "mk_open_sesame")
    monkeypatch.setenv("MEMORY_DATABASE_URL", "postgresql://u:sesame@db/memory")
    settings = Settings()
    assert "sesame" not in repr(settings)
    assert "sesame" not in settings.model_dump_json()
    assert "sesame" not in repr(settings.stores)


def test_an_http_model_needs_an_address_and_a_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMORY_EMBEDDING__BACKEND", "http")
    with pytest.raises(ValidationError, match="needs url and dimensions"):
        Settings()
