"""The conditions every read must meet: values are bound, and tenant and space always come first."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from stores.ids import SpaceId, TenantId
from stores.records import Space, State
from stores.scope import AsOf, Filter, Scope, visible
from tests.fixtures.records import MOMENT

SPACE = Space(id=SpaceId(UUID(int=2)), name="home", policies={}, created_at=MOMENT)
SCOPE = Scope(tenant=TenantId(UUID(int=1)), spaces=(SPACE,))


def test_tenant_space_and_state_are_always_there() -> None:
    found = visible(SCOPE, Filter())
    assert found.sql.startswith("m.tenant_id = :tenant\n  AND m.space_id = ANY(:spaces)")
    assert found.values["spaces"] == [SPACE.id]
    assert found.values["states"] == ["active"]
    assert "m.expired_at IS NULL" in found.sql


@pytest.mark.parametrize(
    ("limits", "bound"),
    [
        (Filter(types=("episodic",)), {"types": ["episodic"]}),
        (Filter(kinds=("fact", "note")), {"kinds": ["fact", "note"]}),
        (Filter(states=(State.ARCHIVED,)), {"states": ["archived"]}),
        (Filter(session_id="s"), {"session_id": "s"}),
        (Filter(since=MOMENT), {"since": MOMENT}),
        (Filter(until=MOMENT), {"until": MOMENT}),
        (Filter(tags=("a", "b")), {"tags": ["a", "b"]}),
        (Filter(speaker="Ida"), {"speaker": "Ida"}),
        (Filter(metadata={"a": {"b": 1}}), {"metadata": '{"a": {"b": 1}}'}),
        (Filter(as_of=AsOf(known=MOMENT)), {"known": MOMENT}),
        (Filter(as_of=AsOf(valid=MOMENT)), {"valid": MOMENT}),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_a_limit_is_bound_and_never_written_into_the_statement(
    limits: Filter, bound: dict[str, object]
) -> None:
    found = visible(SCOPE, limits)
    for name, value in bound.items():
        assert found.values[name] == value
        assert f":{name}" in found.sql


def test_every_value_bound_is_used_and_every_value_used_is_bound() -> None:
    limits = Filter(types=("a",), kinds=("b",), session_id="c", since=MOMENT, until=MOMENT,
                    tags=("d",), speaker="e", metadata={"f": 1},
                    as_of=AsOf(valid=MOMENT, known=MOMENT))  # fmt: skip
    found = visible(SCOPE, limits)
    used = set(re.findall(r"(?<!:):(\w+)", found.sql))
    assert used == set(found.values) | {"tenant"}


def test_a_scope_of_no_space_sees_nothing() -> None:
    found = visible(Scope(tenant=SCOPE.tenant, spaces=()), Filter())
    assert found.values["spaces"] == []


def test_hostile_words_stay_values() -> None:
    hostile = "'; DROP TABLE memories; --"
    limits = Filter(session_id=hostile, speaker=hostile, tags=(hostile,), metadata={hostile: 1})
    assert "DROP" not in visible(SCOPE, limits).sql
