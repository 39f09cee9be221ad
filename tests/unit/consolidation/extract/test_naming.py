"""What texts name: which spans are names, and of what kind."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consolidation.extract.naming import name_things
from consolidation.extract.protocol import EntityKind, Utterance

EPISODE = UUID(int=1)


def named(
    content: str, *, kind: str = "message", people: frozenset[str] = frozenset()
) -> dict[str, EntityKind]:
    utterance = Utterance(
        episode_id=EPISODE, content=content, speaker=None, role="user", kind=kind,
        occurred_at=datetime(2023, 5, 8, tzinfo=UTC), session_id=None,
    )  # fmt: skip
    return {m.name: m.kind for m in name_things([utterance], people)[EPISODE]}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("He studied at the University of Göttingen in 1854.", ["University of Göttingen"]),
        ("It flows through Kerala. The Arabian Sea is near.", ["Kerala", "Arabian Sea"]),
        ("She ran at the 1920 Summer Olympics in Antwerp.", ["1920 Summer Olympics", "Antwerp"]),
        ("It was shown in the U.S. and by the BBC.", ["U.S.", "BBC"]),
        ("It was made by the International Council for Small Business.",
         ["International Council for Small Business"]),
        ("We met on Monday in March, wow.", []),
        ("Painting helps me. I love painting.", []),
        ("He is an American singer.", []),
        ("We walked, and Ada von Berg sang.", ["Ada von Berg"]),
    ],
)  # fmt: skip
def test_the_names_of_a_text(text: str, names: list[str]) -> None:
    assert sorted(named(text)) == sorted(names)


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("We drove to the house of my sister Anna.", "Anna", EntityKind.PERSON),
        ("At noon Ada said goodbye.", "Ada", EntityKind.PERSON),
        ("We live in Porto.", "Porto", EntityKind.PLACE),
        ("I work at Acme now.", "Acme", EntityKind.ORGANISATION),
        ("It belongs to Rutgers University.", "Rutgers University", EntityKind.ORGANISATION),
        ('We sang "Jealous Bone" again.', "Jealous Bone", EntityKind.WORK),
        ("We saw Wayne Rooney play. There Rooney scored.", "Wayne Rooney", EntityKind.PERSON),
        ("We talked of Kubernetes again.", "Kubernetes", EntityKind.THING),
    ],
)
def test_what_a_name_is_of(text: str, name: str, kind: EntityKind) -> None:
    assert named(text)[name] == kind


def test_a_document_is_named_by_its_first_line() -> None:
    text = "The Riemann integral\nIt was created by Bernhard Riemann."

    assert next(iter(named(text, kind="document"))) == "Riemann integral"
    assert "Riemann integral" not in named(text)


def test_who_speaks_is_a_person() -> None:
    assert named("We saw Melanie.", people=frozenset({"Melanie"})) == {"Melanie": EntityKind.PERSON}


@settings(max_examples=200, deadline=None)
@given(content=st.text(), kind=st.sampled_from(["message", "document"]))
def test_any_text_can_be_read(content: str, kind: str) -> None:
    found = named(content, kind=kind)

    assert found == named(content, kind=kind)
    assert all(name.strip() for name in found)
