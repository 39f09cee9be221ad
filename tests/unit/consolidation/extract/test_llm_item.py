"""The schema keeps the rules of strict decoding, and asks for what the reader lets through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from consolidation.extract.llm_item import MOST_ITEMS, SCHEMA, Heading, Item, Quote, Triple

ITEM = SCHEMA["properties"]["items"]["items"]


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every part of a schema that is one."""
    if isinstance(schema, dict):
        if "type" in schema and isinstance(schema["type"], str):
            yield schema
        for part in schema.values():
            yield from nodes(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from nodes(part)


def test_every_object_names_all_it_may_have() -> None:
    objects = [node for node in nodes(SCHEMA) if node["type"] == "object"]
    assert len(objects) == 4
    for node in objects:
        assert node["additionalProperties"] is False
        assert node["required"] == list(node["properties"])


def test_no_answer_can_go_on_for_ever() -> None:
    for node in nodes(SCHEMA):
        if node["type"] == "string":
            assert "pattern" in node or "enum" in node
        if node["type"] == "array":
            assert node["maxItems"] <= MOST_ITEMS


def test_what_is_asked_for_is_what_is_read() -> None:
    properties = ITEM["properties"]
    assert set(properties) == set(Item.model_fields)
    triple, _ = properties["triple"]["anyOf"]
    assert set(triple["properties"]) == set(Triple.model_fields)
    assert set(properties["evidence"]["items"]["properties"]) == set(Quote.model_fields)
    assert set(SCHEMA["properties"]) == set(Heading.model_fields) | {"items"}
    assert properties["evidence"]["maxItems"] == 6
