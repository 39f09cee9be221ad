# Generated from _async/graph.py by generate_sync.py; change that.
"""The graph of a space: entities, relations, what surrounds them and how they are connected."""

from __future__ import annotations

from datetime import datetime

from memory_sdk._answers import Page
from memory_sdk._sync.http import Http
from memory_sdk._sync.pager import Pager
from memory_sdk._calls import get, path, post
from memory_sdk._graph_answers import (
    Community,
    Entity,
    EntityDetail,
    GraphPath,
    Regrouped,
    Relation,
    Subgraph,
)


class Graph:
    """Entities and relations, as `space.graph`. Entities are named by id, or by a name of theirs.

    space.graph.entities(q="ana").page()
    space.graph.paths("Ana", "Lisbon")
    """

    def __init__(self, http: Http, space: str) -> None:
        self._http = http
        self._path = path("v1", "spaces", space)

    def entities(
        self, q: str | None = None, *, kind: str | None = None, limit: int | None = None
    ) -> Pager[Entity]:
        """Entities, newest first; each word of `q` begins a word of one of their names."""
        call = get(f"{self._path}/entities", q=q, kind=kind, limit=limit)
        return Pager(self._http, call, Page[Entity])

    def entity(self, entity_id: str, *, history: bool = False) -> EntityDetail:
        """One entity and what surrounds it; with `history`, relations that have ended too."""
        call = get(self._at(entity_id), history="true" if history else None)
        return self._http.answer(call, EntityDetail)

    def relations(
        self,
        subject: str | None = None,
        predicate: str | None = None,
        object: str | None = None,
        *,
        as_of_valid: datetime | None = None,
        as_of_known: datetime | None = None,
        include_superseded: bool = False,
        limit: int | None = None,
    ) -> Pager[Relation]:
        """What is claimed of whom, newest first; an `object` may be a value.

        for relation in space.graph.relations("Ana", "lives_in", include_superseded=True):
            print(relation.object, relation.valid_at, relation.invalid_at)
        """
        call = get(
            f"{self._path}/relations",
            subject=subject,
            predicate=predicate,
            object=object,
            as_of_valid=as_of_valid,
            as_of_known=as_of_known,
            include_superseded="true" if include_superseded else None,
            limit=limit,
        )
        return Pager(self._http, call, Page[Relation])

    def subgraph(
        self,
        center: str | None = None,
        *,
        depth: int | None = None,
        limit: int | None = None,
        as_of: datetime | None = None,
    ) -> Subgraph:
        """What surrounds an entity, or else the entities that most memories mention."""
        call = get(f"{self._path}/graph", center=center, depth=depth, limit=limit, as_of=as_of)
        return self._http.answer(call, Subgraph)

    def communities(self, *, limit: int | None = None) -> Pager[Community]:
        """Entities that have much to do with each other, the largest communities first."""
        return Pager(
            self._http, get(f"{self._path}/communities", limit=limit), Page[Community]
        )

    def paths(
        self, source: str, target: str, *, max_length: int | None = None, k: int | None = None
    ) -> tuple[GraphPath, ...]:
        """The shortest ways from one entity to another, each step with its evidence."""
        ends = {"from": source, "to": target}
        call = get(f"{self._path}/paths", **ends, max_length=max_length, k=k)
        return (self._http.answer(call, Page[GraphPath])).items

    def merge(self, entity_id: str, into: str) -> Regrouped:
        """Have everything said of an entity count for another; both are named by id."""
        call = post(self._at(entity_id, "merge"), {"into": into})
        return self._http.answer(call, Regrouped)

    def split(self, entity_id: str) -> Regrouped:
        """Take a merge back: the entity stands for itself again."""
        return self._http.answer(post(self._at(entity_id, "split")), Regrouped)

    def _at(self, entity_id: str, *more: str) -> str:
        return self._path + path("entities", entity_id, *more)
