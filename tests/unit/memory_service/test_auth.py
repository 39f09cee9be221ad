"""Roles include lower ones; a key covers the spaces it names and no other."""

from __future__ import annotations

from uuid import UUID

import pytest

from memory_service.auth import NotPermitted, Principal, Role, hash_of, new_key
from stores.ids import TenantId


def _caller(role: Role, spaces: tuple[str, ...] | None = None) -> Principal:
    tenant = TenantId(UUID(int=1))
    return Principal(tenant=tenant, key_id=UUID(int=2), name="a key", role=role, spaces=spaces)


@pytest.mark.parametrize("has", list(Role))
@pytest.mark.parametrize("needs", list(Role))
def test_a_role_includes_the_lower_ones(has: Role, needs: Role) -> None:
    order = [Role.READER, Role.WRITER, Role.ADMIN]
    if order.index(has) >= order.index(needs):
        _caller(has).require(needs)
    else:
        with pytest.raises(NotPermitted, match=needs):
            _caller(has).require(needs)


@pytest.mark.parametrize(
    ("spaces", "wanted", "allowed"),
    [
        (None, ["a", "b"], True),
        (("a",), ["a"], True),
        (("a", "b"), ["b", "a"], True),
        (("a",), ["a", "b"], False),
        ((), ["a"], False),
        (("a",), [], True),
    ],
)
def test_a_key_covers_what_it_names(
    spaces: tuple[str, ...] | None, wanted: list[str], allowed: bool
) -> None:
    caller = _caller(Role.ADMIN, spaces)
    if allowed:
        caller.require_spaces(wanted)
    else:
        with pytest.raises(NotPermitted):
            caller.require_spaces(wanted)


def test_keys_are_long_random_and_kept_as_a_hash() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(key.startswith("mk_") and len(key) == 46 for key in keys)
    assert len(hash_of(next(iter(keys)))) == 32
