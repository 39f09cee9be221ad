"""Every route asks who is calling, but for the few that hold nothing of any tenant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from memory_service.api import routes
from memory_service.api.deps import get_principal

OPEN = {"/healthz", "/readyz", "/metrics", "/problems/{code}"}
ROUTES = [route for router in routes.load() for route in router.routes]


def _asked(dependant: Dependant) -> Iterator[object]:
    for each in dependant.dependencies:
        yield each.call
        yield from _asked(each)


def test_every_route_is_one_whose_dependencies_can_be_seen() -> None:
    assert ROUTES
    assert all(isinstance(route, APIRoute) for route in ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_a_route_is_open_or_asks_for_the_caller(route: APIRoute) -> None:
    assert (get_principal in set(_asked(route.dependant))) is (route.path not in OPEN)
